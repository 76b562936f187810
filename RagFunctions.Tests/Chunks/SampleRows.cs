using RagFunctions.Core.Source;

namespace RagFunctions.Tests.Chunks;

/// <summary>One row of each entity with every fact known.</summary>
internal static class SampleRows
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 22, 9, 0, 0, TimeSpan.Zero);

    public static ProductRow Product { get; } = new(
        7, 301122334, "Футболка базовая хлопок", "TS-01-BLK", "Норд", "Футболки", 2400m, 1560m, 4.7m, 812);

    public static OrderRow Order { get; } = new(
        11, 301122334, "Футболка базовая хлопок", "70155512345678901234", "TS-01-BLK", "Футболки", "Норд", "M", "Одежда", 1,
        1271m, 2400m, 1271m, 35m, 18.5m, "Коледино", "Самарская", Noon, "active", "Футболки", "dAa.i0b1c2d3.0.0");

    public static StockRow Stock { get; } = new(
        13, 301122334, "Футболка базовая хлопок", "TS-01-BLK", "Футболка", "Норд", "Футболки", "M", "Коледино", 3, 2, 1);

    public static ReviewRow Review { get; } = new(
        17, 301122334, "Футболка базовая хлопок", 2, Noon, "Ткань приятная, но маломерит.", "Ткань", "Размер", false, "чёрный", "smaller", "Футболки", "buyout");

    public static SaleRow Sale { get; } = new(
        19, 301122334, "Футболка базовая хлопок", "S20011223344", "dAa.i0b1c2d3.0.0", "70155512345678901234", "Футболки", "Норд", "M",
        2400m, 1231m, 35m, 18.5m, Noon, "buyout", "completed", false, "TS-01-BLK", "Футболки", "Самарская", 1187.6m);

    public static IReadOnlyList<SourceRow> All { get; } = [Product, Order, Stock, Review, Sale];
}
