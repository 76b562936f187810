using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using NpgsqlTypes;
using Pgvector;
using RagFunctions.Core.Embeddings.Providers;

namespace RagFunctions.Dev.Bench.Search;

/// <summary>How the vectors of generated chunks lie.</summary>
internal enum VectorKind
{
    /// <summary>In every direction alike: the hardest case, which no model of language is.</summary>
    Random,

    /// <summary>Around five hundred centres with as much noise as to leave neighbours apart, as texts of one kind of goods lie.</summary>
    Clustered,

    /// <summary>The offline embedder's vectors of the texts.</summary>
    Offline,
}

/// <summary>Chunks of a cabinet with texts of shops and vectors of a kind, written past the engine but through every trigger.</summary>
/// <param name="seed">Decides every value.</param>
internal sealed class GeneratedChunks(VectorKind kind, int seed) : IDisposable
{
    /// <summary>Length of a vector.</summary>
    public const int Dimensions = 1_536;

    /// <summary>Rows of one COPY: triggers see what one brings as a whole.</summary>
    private const int Batch = 2_000;

    private const int Centres = 500;

    private readonly Random _random = new(seed);
    private readonly OfflineEmbeddingGenerator _offline = new(Dimensions);
    private readonly List<float[]> _centres = [];

    /// <summary>Writes the chunks, and a status row that knows how many.</summary>
    /// <param name="source">An empty index, or one without this cabinet.</param>
    /// <param name="model">The model of the index.</param>
    public async Task WriteAsync(NpgsqlDataSource source, string model, long cabinetId, int count, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var next = new NpgsqlCommand("SELECT coalesce(max(id), 0) FROM rag_metadata", connection);
        var id = (long)(await next.ExecuteScalarAsync(cancellationToken))!;
        for (var done = 0; done < count; done += Batch)
        {
            var texts = Enumerable.Range(0, Math.Min(Batch, count - done)).Select(_ => Text()).ToList();
            await WriteTextsAsync(connection, model, cabinetId, id, texts, cancellationToken);
            await WriteVectorsAsync(connection, model, cabinetId, id, texts, cancellationToken);
            id += texts.Count;
        }

        await using var status = new NpgsqlCommand("INSERT INTO rag_index_status (cabinet_id, total_chunks) VALUES ($1, $2)", connection);
        status.Parameters.Add(new() { Value = cabinetId });
        status.Parameters.Add(new() { Value = (long)count });
        await status.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>A question and a vector that lies where its answers do.</summary>
    public async Task<(string Text, float[] Vector)> QuestionAsync()
    {
        var text = _random.Next(3) switch
        {
            0 => $"что пишут про {Pick(ShopWords.Kinds)} {Pick(ShopWords.Styles)}: {Pick(ShopWords.Complaints)}",
            1 => $"заказы {Pick(ShopWords.Kinds)} размер {Pick(ShopWords.Sizes)} в регион {Pick(ShopWords.Regions)}",
            _ => $"товар артикул {Article()} {Pick(ShopWords.Colours)} бренд {Pick(ShopWords.Brands)}",
        };
        return (text, await VectorAsync(text));
    }

    /// <inheritdoc />
    public void Dispose() => _offline.Dispose();

    private static async Task WriteTextsAsync(
        NpgsqlConnection connection, string model, long cabinetId, long id, List<(string Kind, long Article, string Text)> texts, CancellationToken cancellationToken)
    {
        await using var copy = await connection.BeginBinaryImportAsync(
            "COPY rag_metadata (id, cabinet_id, source_table, source_id, chunk_type, chunk_text, chunk_hash, nm_id, business_date, embedded_hash, embedded_model) FROM STDIN (FORMAT BINARY)",
            cancellationToken);
        foreach (var (kind, article, text) in texts)
        {
            var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(++id, cancellationToken);
            await copy.WriteAsync(cabinetId, cancellationToken);
            await copy.WriteAsync($"wb_{kind}s", cancellationToken);
            await copy.WriteAsync(id, cancellationToken);
            await copy.WriteAsync(kind, cancellationToken);
            await copy.WriteAsync(text, cancellationToken);
            await copy.WriteAsync(hash, cancellationToken);
            await copy.WriteAsync(article, cancellationToken);
            await copy.WriteAsync(DateTime.UtcNow.AddMinutes(-(id % 100_000)), NpgsqlDbType.TimestampTz, cancellationToken);
            await copy.WriteAsync(hash, cancellationToken);
            await copy.WriteAsync(model, cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private async Task WriteVectorsAsync(
        NpgsqlConnection connection, string model, long cabinetId, long id, List<(string Kind, long Article, string Text)> texts, CancellationToken cancellationToken)
    {
        await using var copy = await connection.BeginBinaryImportAsync(
            "COPY rag_embeddings (embedding, metadata_id, cabinet_id, chunk_type, model) FROM STDIN (FORMAT BINARY)", cancellationToken);
        foreach (var (kind, _, text) in texts)
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(new Vector(await VectorAsync(text)), cancellationToken);
            await copy.WriteAsync(++id, cancellationToken);
            await copy.WriteAsync(cabinetId, cancellationToken);
            await copy.WriteAsync(kind, cancellationToken);
            await copy.WriteAsync(model, cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private (string Kind, long Article, string Text) Text()
    {
        var article = Article();
        var name = $"{Pick(ShopWords.Kinds)} {Pick(ShopWords.Styles)} {Pick(ShopWords.Colours)}";
        var day = DateTime.UtcNow.AddDays(-_random.Next(80)).ToString("dd.MM.yyyy", CultureInfo.InvariantCulture);
        var price = _random.Next(300, 9_000);
        return _random.Next(10) < 8
            ? ("order", article, string.Create(CultureInfo.InvariantCulture, $"Заказ № {_random.NextInt64(long.MaxValue)} от {day}: товар «{name}», артикул {article}, бренд {Pick(ShopWords.Brands)}, категория Одежда, размер {Pick(ShopWords.Sizes)}, 1 шт.; оплачено покупателем {price}.00 ₽, цена до скидок {price * 2}.00 ₽, скидка продавца 35%, скидка WB (СПП) 6%; склад отгрузки {Pick(ShopWords.Warehouses)}, регион доставки {Pick(ShopWords.Regions)}; статус заказа: активный"))
            : ("review", article, string.Create(CultureInfo.InvariantCulture, $"Отзыв от {day}, оценка {_random.Next(1, 6)} из 5: товар «{name}», артикул {article}; продавец ответил. Текст: «{Pick(ShopWords.Praises)} {Pick(ShopWords.Complaints)} {Pick(ShopWords.Praises)}»"));
    }

    private long Article() => 152_000_000 + _random.Next(5_000);

    private async Task<float[]> VectorAsync(string text)
    {
        if (kind == VectorKind.Offline)
        {
            return (await _offline.GenerateAsync([text]))[0].Vector.ToArray();
        }

        var vector = new float[Dimensions];
        Noise(vector);
        if (kind == VectorKind.Clustered)
        {
            while (_centres.Count < Centres)
            {
                var made = new float[Dimensions];
                Noise(made);
                _centres.Add(made);
            }

            var centre = _centres[_random.Next(Centres)];
            for (var i = 0; i < Dimensions; i++)
            {
                vector[i] = centre[i] + (0.7f * vector[i]);
            }
        }

        return vector;
    }

    // The sum of four bytes is as good as normal here, and a hundred times as fast.
    private void Noise(Span<float> vector)
    {
        Span<byte> bytes = stackalloc byte[Dimensions * 4];
        _random.NextBytes(bytes);
        for (var i = 0; i < vector.Length; i++)
        {
            vector[i] = (bytes[4 * i] + bytes[(4 * i) + 1] + bytes[(4 * i) + 2] + bytes[(4 * i) + 3] - 510) / 148f;
        }
    }

    private T Pick<T>(T[] from) => from[_random.Next(from.Length)];
}
