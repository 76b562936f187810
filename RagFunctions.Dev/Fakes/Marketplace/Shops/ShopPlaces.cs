namespace RagFunctions.Dev.Fakes.Marketplace.Shops;

/// <summary>Warehouses and buyers' regions.</summary>
internal static class ShopPlaces
{
    public const long MergedWarehouseId = -999_999;
    public const string MergedWarehouse = "Склад WB";
    public const string MergedWarehouseInStatistics = "Склад WB РФ";
    public const string WarehouseType = "Склад WB";
    public const string SellerWarehouseType = "Склад продавца";
    public const string AbroadWarehouse = "Минск";

    public static readonly IReadOnlyList<(long Id, string Name, string Region)> SellerWarehouses =
        [(1_204_455, "Основной склад", "Приволжский"), (1_204_456, "Склад на Ленина, 5", "Уральский")];

    public static readonly IReadOnlyList<(string District, string Region)> Buyers =
    [
        ("Центральный федеральный округ", "Московская"), ("Центральный федеральный округ", "Москва"),
        ("Центральный федеральный округ", "Тульская"), ("Приволжский федеральный округ", "Самарская"),
        ("Приволжский федеральный округ", "Республика Татарстан"), ("Приволжский федеральный округ", "Пермский край"),
        ("Северо-Западный федеральный округ", "Санкт-Петербург"), ("Северо-Западный федеральный округ", "Мурманская"),
        ("Уральский федеральный округ", "Свердловская"), ("Сибирский федеральный округ", "Новосибирская"),
        ("Сибирский федеральный округ", "Красноярский край"), ("Южный федеральный округ", "Краснодарский край"),
        ("Южный федеральный округ", "Ростовская"), ("Дальневосточный федеральный округ", "Приморский край"),
    ];
}
