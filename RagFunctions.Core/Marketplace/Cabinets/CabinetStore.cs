using Microsoft.Extensions.Options;
using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Marketplace.Client;
using RagFunctions.Core.Marketplace.Tokens;

namespace RagFunctions.Core.Marketplace.Cabinets;

/// <summary>Seller accounts and their tokens. No method returns or logs a token except through <see cref="MarketplaceAccess"/>.</summary>
public sealed class CabinetStore(MainDatabase main, TokenCipher cipher, IOptions<MarketplaceOptions> options)
{
    // Pasted tokens bring the word of the header along.
    private const string Bearer = "Bearer";

    /// <summary>Those of the marketplace have under a thousand characters, and a header of more than a few thousand is refused anywhere.</summary>
    private const int LongestToken = 4_096;

    private const int LongestName = 255;

    /// <summary>Names the token that a cabinet has now without revealing it: an expression over <c>wb_cabinets</c>.</summary>
    internal const string TokenVersion = "md5(COALESCE(NULLIF(btrim(api_key), ''), api_key_cipher, ''))";

    private const string Open = $"SELECT is_active, api_key, api_key_cipher, token_rejected_at, {TokenVersion} FROM wb_cabinets WHERE id = $1";

    private const string List = """
        SELECT id::bigint, name, is_active, api_key, api_key_cipher, token_rejected_at, last_sync_at FROM wb_cabinets ORDER BY id
        """;

    private const string FindToken = "SELECT id::bigint FROM wb_cabinets WHERE api_key = $1 OR api_key_fingerprint = ANY ($2) LIMIT 1";

    private const string NextId = "SELECT nextval(pg_get_serial_sequence('wb_cabinets', 'id'))";

    private const string Insert = """
        INSERT INTO wb_cabinets (id, name, is_active, api_key_cipher, api_key_fingerprint, seller_id, created_at) VALUES ($1, $2, true, $3, $4, $5, now())
        """;

    // What a new token can do is found out by trying: waits for rights and for the old token's limits end, progress stays.
    private const string Replace = """
        WITH renewed AS (
            UPDATE wb_cabinets SET api_key = NULL, api_key_cipher = $2, api_key_fingerprint = $3, seller_id = $4, token_rejected_at = NULL, updated_at = now()
            WHERE id = $1 RETURNING id),
        freed AS (
            UPDATE wb_sync_cursors SET next_due_at = NULL, not_before = NULL, failures = 0
            WHERE cabinet_id = $1 AND last_outcome IN ('rejected', 'forbidden', 'failed', 'waiting') RETURNING 1)
        SELECT count(*) FROM renewed
        """;

    // Cabinets that are older than the column have their seller in their token only.
    private const string Sellers = """
        SELECT id::bigint, seller_id, api_key, api_key_cipher FROM wb_cabinets WHERE seller_id = $1 OR seller_id IS NULL OR id = $2 ORDER BY id
        """;

    private const string ForgetCursors = "DELETE FROM wb_sync_cursors WHERE cabinet_id = $1";

    // Rows of another seller have no place beside those that come: the cabinet begins anew.
    private static readonly string[] ForgetRows =
    [
        "DELETE FROM wb_products WHERE cabinet_id = $1", "DELETE FROM wb_product_sizes WHERE cabinet_id = $1", "DELETE FROM wb_orders WHERE cabinet_id = $1",
        "DELETE FROM wb_sales WHERE cabinet_id = $1", "DELETE FROM wb_stocks WHERE cabinet_id = $1", "DELETE FROM wb_reviews WHERE cabinet_id = $1",
        ForgetCursors, "DELETE FROM wb_sync_seen WHERE cabinet_id = $1",
        "DELETE FROM wb_sync_rejects WHERE cabinet_id = $1", "DELETE FROM rag_changes WHERE cabinet_id = $1",
    ];

    private const string Deactivate = "UPDATE wb_cabinets SET is_active = $2, updated_at = now() WHERE id = $1 AND is_active <> $2";

    private const string Exists = "SELECT EXISTS (SELECT FROM wb_cabinets WHERE id = $1)";

    private const string Remove = "DELETE FROM wb_cabinets WHERE id = $1";

    // What one statement deletes for sure within its time, triggers of another service included.
    private const int RowsAtOnce = 5_000;

    private static readonly string[] RemoveRows =
        [.. EntityNames.All.Select(entity => $"DELETE FROM {entity.TableName()} WHERE id = ANY (ARRAY(SELECT id FROM {entity.TableName()} WHERE cabinet_id = $1 LIMIT $2))")];

    // After the cabinet: where changes are captured, the deletion of its rows has queued them.
    private const string RemoveQueue = """
        DELETE FROM rag_changes
        WHERE (cabinet_id, source_table, source_id) IN (SELECT cabinet_id, source_table, source_id FROM rag_changes WHERE cabinet_id = $1 LIMIT $2)
        """;

    private const string SelectForEncryption =
        "SELECT id::bigint, api_key, api_key_cipher FROM wb_cabinets WHERE api_key IS NOT NULL OR api_key_cipher IS NOT NULL ORDER BY id FOR UPDATE";

    private const string StoreEncrypted = """
        UPDATE wb_cabinets c SET api_key = NULL, api_key_cipher = i.cipher, api_key_fingerprint = i.fingerprint, updated_at = now()
        FROM unnest($1, $2, $3) AS i (id, cipher, fingerprint) WHERE c.id = i.id
        """;

    internal int BatchRows { get; init; } = RowsAtOnce;

    /// <summary>Reads a cabinet and opens its token; null = there is no such cabinet. A plain token of the original counts while it is there.</summary>
    public async Task<OpenCabinet?> OpenAsync(long cabinetId, CancellationToken cancellationToken)
    {
        await using var command = main.Source.CreateCommand(Open);
        command.Parameters.Add(Parameter.Of(cabinetId));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        var (token, problem) = OpenToken(cabinetId, Text(reader, 1), Text(reader, 2));
        return new OpenCabinet(
            reader.GetBoolean(0), token is null ? null : new MarketplaceAccess(cabinetId, token, options.Value.ClientSecret is not null), problem,
            Time(reader, 3), reader.GetString(4));
    }

    /// <summary>All cabinets, without their tokens.</summary>
    public async Task<IReadOnlyList<CabinetSummary>> ListAsync(CancellationToken cancellationToken)
    {
        await using var command = main.Source.CreateCommand(List);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<CabinetSummary> cabinets = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            var id = reader.GetInt64(0);
            var (token, _) = OpenToken(id, Text(reader, 3), Text(reader, 4));
            cabinets.Add(new CabinetSummary(
                id, Text(reader, 1), reader.GetBoolean(2), reader.IsDBNull(3) && !reader.IsDBNull(4),
                token is null ? null : TokenDecoder.Decode(token), Time(reader, 5), Time(reader, 6)));
        }

        return cabinets;
    }

    /// <summary>Adds a cabinet; its token is stored encrypted only.</summary>
    /// <param name="token">As it was given: <see cref="Clean"/> takes what was pasted around it.</param>
    /// <param name="name">What to call it.</param>
    /// <param name="seller">Whose account it opens (<see cref="SellerIdentity"/>); null = what the token says.</param>
    /// <returns>Its id.</returns>
    /// <exception cref="CabinetException">The token is empty, or its seller has a cabinet already, or no key is set.</exception>
    public async Task<long> AddAsync(string token, string? name, string? seller, CancellationToken cancellationToken)
    {
        RequireKey();
        token = Clean(token);
        seller ??= TokenDecoder.Decode(token).SellerId;
        if (name is not null && (name.Length > LongestName || name.Any(char.IsControl)))
        {
            throw new CabinetException($"the name has control characters, or more than {LongestName} characters");
        }

        await RefuseKnownAsync(token, exceptFor: null, cancellationToken);
        if (seller is not null && (await SellersAsync(seller, 0, cancellationToken)).FirstOrDefault(cabinet => cabinet.Seller == seller) is { Id: > 0 } there)
        {
            throw new CabinetException($"this seller is cabinet {there.Id} already: renew its token with --replace {there.Id}");
        }

        await using var next = main.Source.CreateCommand(NextId);
        var id = (long)(await next.ExecuteScalarAsync(cancellationToken))!;
        await using var insert = main.Source.CreateCommand(Insert);
        insert.Parameters.Add(Parameter.Of(id));
        insert.Parameters.Add(Parameter.Of<string?>(name));
        insert.Parameters.Add(Parameter.Of(cipher.Encrypt(id, token)));
        insert.Parameters.Add(Parameter.Of(cipher.Fingerprint(token)));
        insert.Parameters.Add(Parameter.Of(seller));
        try
        {
            await insert.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            await RefuseKnownAsync(token, exceptFor: null, cancellationToken);
            throw new CabinetException(e.ConstraintName?.EndsWith("_pkey", StringComparison.Ordinal) == true
                ? $"the sequence of wb_cabinets.id gave {id}, which is taken: set it behind the highest id, or run this again until it is past it"
                : $"the database refuses it: another cabinet has the same ({e.ConstraintName})");
        }

        return id;
    }

    /// <summary>Gives a cabinet a new token, for instance after the old one's 180 days.</summary>
    /// <param name="cabinetId">The cabinet.</param>
    /// <param name="token">As it was given.</param>
    /// <param name="seller">Whose account it opens; null = what the token says.</param>
    /// <param name="ofOtherSeller">True: the account is another one, and all rows of the cabinet go with the old token.</param>
    /// <exception cref="CabinetException">
    /// Unknown cabinet, empty token, the token of another cabinet or (unless told) of another seller, or no key is set.
    /// </exception>
    public async Task ReplaceTokenAsync(long cabinetId, string token, string? seller, bool ofOtherSeller, CancellationToken cancellationToken)
    {
        RequireKey();
        token = Clean(token);
        seller ??= TokenDecoder.Decode(token).SellerId;
        await RefuseKnownAsync(token, exceptFor: cabinetId, cancellationToken);
        var known = await SellersAsync(seller, cabinetId, cancellationToken);
        if (known.FirstOrDefault(cabinet => cabinet.Id != cabinetId && cabinet.Seller is not null && cabinet.Seller == seller) is { Id: > 0 } other)
        {
            throw new CabinetException($"this token is of the seller of cabinet {other.Id}");
        }

        if (!ofOtherSeller && known.FirstOrDefault(cabinet => cabinet.Id == cabinetId).Seller is { } before && before != seller)
        {
            throw new CabinetException(
                $"this token opens the account of {(seller is null ? "an unknown seller" : $"seller {seller}")}, and the rows of cabinet {cabinetId} are those of {before}. "
                + "With --other-seller they are deleted first.");
        }

        if (ofOtherSeller)
        {
            // The cursors first: interrupted, the cabinet reads everything again, with whichever token it has then.
            await ExecuteAsync(ForgetCursors, [cabinetId], cancellationToken);
            await RemoveRowsAsync(cabinetId, progress: null, cancellationToken);
            await RepeatAsync(RemoveQueue, cabinetId, tell: null, cancellationToken);
        }

        await using var batch = main.Source.CreateBatch();
        if (ofOtherSeller)
        {
            // What a sync under way has added since.
            foreach (var forget in ForgetRows)
            {
                batch.BatchCommands.Add(new NpgsqlBatchCommand(forget) { Parameters = { Parameter.Of(cabinetId) } });
            }
        }

        batch.BatchCommands.Add(new NpgsqlBatchCommand(Replace)
        {
            Parameters =
            {
                Parameter.Of(cabinetId), Parameter.Of(cipher.Encrypt(cabinetId, token)), Parameter.Of(cipher.Fingerprint(token)), Parameter.Of(seller),
            },
        });
        if (await batch.ExecuteScalarAsync(cancellationToken) is 0L)
        {
            throw Unknown(cabinetId);
        }
    }

    /// <summary>A token without what was pasted around it.</summary>
    /// <exception cref="CabinetException">It is empty, too long, or not one word of ASCII letters.</exception>
    public static string Clean(string token)
    {
        token = token.Trim();
        token = token.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) && (token.Length == Bearer.Length || char.IsWhiteSpace(token[Bearer.Length]))
            ? token[Bearer.Length..].TrimStart()
            : token;
        return token.Length switch
        {
            0 => throw new CabinetException("the token is empty"),
            > LongestToken => throw new CabinetException($"the token has {token.Length} characters; those of the marketplace have under a thousand"),
            _ => token.All(c => c is > ' ' and < '\u007f') ? token : throw new CabinetException("the token is not one word of ASCII letters"),
        };
    }

    /// <summary>Hides a cabinet: no sync, no runs; everything stored stays.</summary>
    /// <exception cref="CabinetException">Unknown cabinet.</exception>
    public Task DeactivateAsync(long cabinetId, CancellationToken cancellationToken) => SwitchAsync(cabinetId, false, cancellationToken);

    /// <summary>Brings a hidden cabinet back.</summary>
    /// <exception cref="CabinetException">Unknown cabinet.</exception>
    public Task ActivateAsync(long cabinetId, CancellationToken cancellationToken) => SwitchAsync(cabinetId, true, cancellationToken);

    /// <summary>
    /// Removes a cabinet with all its source rows and its queue, some thousand rows at a time; hidden first, so that nobody adds any.
    /// Interrupted, another call goes on. Its index is <see cref="CabinetRemoval"/>'s.
    /// </summary>
    /// <param name="progress">Told how many source rows have gone.</param>
    /// <returns>False: there was no such cabinet.</returns>
    public async Task<bool> TryRemoveAsync(long cabinetId, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        await ExecuteAsync(Deactivate, [cabinetId, false], cancellationToken);
        await RemoveRowsAsync(cabinetId, progress, cancellationToken);
        var removed = await ExecuteAsync(Remove, [cabinetId], cancellationToken) > 0;
        await RepeatAsync(RemoveQueue, cabinetId, tell: null, cancellationToken);
        return removed;
    }

    private async Task RemoveRowsAsync(long cabinetId, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        long gone = 0;
        foreach (var rows in RemoveRows)
        {
            var before = gone;
            gone += await RepeatAsync(rows, cabinetId, count => progress?.Report(before + count), cancellationToken);
        }
    }

    private async Task<long> RepeatAsync(string sql, long cabinetId, Action<long>? tell, CancellationToken cancellationToken)
    {
        await using var delete = main.Source.CreateCommand(sql);
        delete.Parameters.Add(Parameter.Of(cabinetId));
        return await BatchedDelete.RunAsync(delete, BatchRows, tell, cancellationToken);
    }

    /// <summary>Encrypts every token with the present key and blanks the plain ones; all or none.</summary>
    /// <returns>How many were encrypted, plain ones and those under a former key.</returns>
    /// <exception cref="CabinetException">No key is set, or a stored token does not open.</exception>
    public async Task<int> EncryptAsync(CancellationToken cancellationToken)
    {
        RequireKey();
        await using var connection = await main.Source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        List<(long Id, string Cipher, string Fingerprint)> encrypted = [];
        await using (var select = new NpgsqlCommand(SelectForEncryption, connection, transaction))
        await using (var reader = await select.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                var (id, plain, stored) = (reader.GetInt64(0), Text(reader, 1), Text(reader, 2));
                if (plain is null && cipher.IsPresent(stored!))
                {
                    continue;
                }

                var (token, problem) = OpenToken(id, plain, stored);
                encrypted.Add(token is null
                    ? throw new CabinetException($"cabinet {id}: {problem}")
                    : (id, cipher.Encrypt(id, token), cipher.Fingerprint(token)));
            }
        }

        await using var update = new NpgsqlCommand(StoreEncrypted, connection, transaction);
        update.Parameters.Add(Parameter.Of(encrypted.Select(row => row.Id).ToArray()));
        update.Parameters.Add(Parameter.Of(encrypted.Select(row => row.Cipher).ToArray()));
        update.Parameters.Add(Parameter.Of(encrypted.Select(row => row.Fingerprint).ToArray()));
        await update.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return encrypted.Count;
    }

    // The original's service may still renew its plain token: while it is there it is the newer one.
    private (string? Token, string? Problem) OpenToken(long cabinetId, string? plain, string? stored) =>
        !string.IsNullOrWhiteSpace(plain) ? (plain.Trim(), null)
        : stored is not null ? cipher.Decrypt(cabinetId, stored)
        : (null, "the cabinet has no token");

    private async Task<int> ExecuteAsync(string sql, object[] values, CancellationToken cancellationToken)
    {
        await using var command = main.Source.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task SwitchAsync(long cabinetId, bool isActive, CancellationToken cancellationToken)
    {
        await using var command = main.Source.CreateCommand(Deactivate);
        command.Parameters.Add(Parameter.Of(cabinetId));
        command.Parameters.Add(Parameter.Of(isActive));
        if (await command.ExecuteNonQueryAsync(cancellationToken) > 0)
        {
            return;
        }

        await using var exists = main.Source.CreateCommand(Exists);
        exists.Parameters.Add(Parameter.Of(cabinetId));
        if (await exists.ExecuteScalarAsync(cancellationToken) is not true)
        {
            throw Unknown(cabinetId);
        }
    }

    private async Task RefuseKnownAsync(string token, long? exceptFor, CancellationToken cancellationToken)
    {
        await using var command = main.Source.CreateCommand(FindToken);
        command.Parameters.Add(Parameter.Of(token));
        command.Parameters.Add(Parameter.Of(cipher.Fingerprints(token)));
        if (await command.ExecuteScalarAsync(cancellationToken) is long known && known != exceptFor)
        {
            throw new CabinetException($"this token is already that of cabinet {known}");
        }
    }

    private async Task<List<(long Id, string? Seller)>> SellersAsync(string? seller, long cabinetId, CancellationToken cancellationToken)
    {
        await using var command = main.Source.CreateCommand(Sellers);
        command.Parameters.Add(Parameter.Of(seller));
        command.Parameters.Add(Parameter.Of(cabinetId));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<(long Id, string? Seller)> cabinets = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            var id = reader.GetInt64(0);
            var (token, _) = OpenToken(id, Text(reader, 2), Text(reader, 3));
            cabinets.Add((id, Text(reader, 1) ?? (token is null ? null : TokenDecoder.Decode(token).SellerId)));
        }

        return cabinets;
    }

    private void RequireKey()
    {
        if (!cipher.HasKey)
        {
            throw new CabinetException("Marketplace:TokenKey is missing: 32 random bytes in base64, needed to store tokens");
        }
    }

    internal static CabinetException Unknown(long cabinetId) => new($"there is no cabinet {cabinetId}");

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static DateTimeOffset? Time(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
}

/// <summary>A cabinet for a list; carries no token.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="IsActive">Whether it takes part.</param>
/// <param name="IsEncrypted">False while the original's plain token is there.</param>
/// <param name="Token">What the token says; null when there is none or it does not open.</param>
/// <param name="TokenRejectedAt">When the marketplace last refused it.</param>
/// <param name="LastSyncAt">The last success of any entity.</param>
public sealed record CabinetSummary(
    long Id, string? Name, bool IsActive, bool IsEncrypted, TokenInfo? Token, DateTimeOffset? TokenRejectedAt, DateTimeOffset? LastSyncAt);

/// <summary>A cabinet with its token opened.</summary>
/// <param name="IsActive">Whether it takes part.</param>
/// <param name="Access">With what its calls are made; null = there is no token, or it does not open.</param>
/// <param name="Problem">Why there is no access.</param>
/// <param name="TokenRejectedAt">When the marketplace last refused the token.</param>
/// <param name="TokenVersion">Names the token without revealing it: an answer to it says nothing of another one.</param>
public sealed record OpenCabinet(bool IsActive, MarketplaceAccess? Access, string? Problem, DateTimeOffset? TokenRejectedAt, string TokenVersion);

/// <summary>An operation on a cabinet is not possible; the message is for the person who asked and carries no secret.</summary>
public sealed class CabinetException(string message) : Exception(message);
