using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Marketplace.Limits;

/// <summary>
/// The marketplace's token buckets, shared by all workers through the main database. A bucket is one instant: when it will be full
/// again. A call is granted while that lies less than (burst − 1) intervals ahead, and moves it by one interval.
/// </summary>
/// <remarks>
/// The clock is <see cref="TimeProvider"/>'s and not the database's, unlike every other coordination: limits belong to the
/// marketplace's business day, which a scenario clock can drive. Workers whose clocks differ by a second may be a second early; the
/// answer's own headers correct that.
/// </remarks>
public sealed class LimitStore(MainDatabase main, TimeProvider time)
{
    // taken = calls granted so far. settled = how many of the oldest ones are known to be over. answered = how many of the calls after those
    // have had their answer. When the bucket is full by our own count, every older call counts as over, because the answer to a call of a
    // worker that died never comes.
    private const string Take = """
        INSERT INTO wb_limit_buckets AS b (seller, bucket, token_kind, full_at, granted, taken)
        VALUES ($1, $2, $3, $4 + $5, true, 1)
        ON CONFLICT (seller, bucket, token_kind) DO UPDATE SET
            granted = GREATEST(b.full_at - $6, b.not_before) <= $4,
            full_at = CASE WHEN GREATEST(b.full_at - $6, b.not_before) <= $4 THEN GREATEST(b.full_at, $4) + $5 ELSE b.full_at END,
            taken = b.taken + CASE WHEN GREATEST(b.full_at - $6, b.not_before) <= $4 THEN 1 ELSE 0 END,
            settled = CASE WHEN b.full_at <= $4 THEN b.taken ELSE b.settled END,
            answered = CASE WHEN b.full_at <= $4 THEN 0 ELSE b.answered END
        RETURNING granted, GREATEST(full_at - $6, not_before), taken, settled + answered = taken - 1
        """;

    // $5: when the bucket will be full, by the marketplace's count in the answer. It may shorten our wait only if that count includes all our
    // calls: none was granted after this one (taken = $6), and none was under way when this one was sent and both sides agree on the
    // bucket's size ($7). A longer wait always counts.
    private const string Correct = """
        UPDATE wb_limit_buckets SET
            full_at = CASE WHEN $5 > full_at OR ($7 AND taken = $6) THEN COALESCE($5, full_at) ELSE full_at END + $8,
            not_before = GREATEST(not_before, $4),
            answered = answered + CASE WHEN $6 > settled THEN 1 ELSE 0 END
        WHERE seller = $1 AND bucket = $2 AND token_kind = $3
        """;

    /// <summary>Asks for one call. One statement; grants and refuses correctly under any concurrency.</summary>
    public async Task<LimitAnswer> TakeAsync(BucketKey key, RateLimit limit, CancellationToken cancellationToken)
    {
        await using var command = main.Source.CreateCommand(Take);
        AddKey(command, key);
        command.Parameters.Add(Parameter.Of(time.GetUtcNow()));
        command.Parameters.Add(Parameter.Of(limit.Interval));
        command.Parameters.Add(Parameter.Of(limit.Interval * (limit.Burst - 1)));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new LimitAnswer(
            reader.GetBoolean(0), await reader.GetFieldValueAsync<DateTimeOffset>(1, cancellationToken), reader.GetInt64(2), reader.GetBoolean(3));
    }

    /// <summary>Brings a bucket in line with what an answer said: its count wins over ours, its waiting time over both.</summary>
    /// <param name="key">The bucket the call was paid from.</param>
    /// <param name="limit">Its size.</param>
    /// <param name="paid">What <see cref="TakeAsync"/> answered for the call.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="headers">What the answer said.</param>
    /// <returns>When the next call may be made, if the answer was a refusal (429); else null.</returns>
    public async Task<DateTimeOffset?> CorrectAsync(
        BucketKey key, RateLimit limit, LimitAnswer paid, int status, RateHeaders headers, CancellationToken cancellationToken)
    {
        var punished = status is >= 400 and < 500 && limit.ClientErrorCost > 1;
        if (headers.IsEmpty && status != 429 && !punished)
        {
            return null;
        }

        var now = time.GetUtcNow();
        var wait = headers.Retry ?? headers.Reset ?? limit.Interval;
        DateTimeOffset? notBefore = status == 429 ? now + (wait > TimeSpan.Zero ? wait : limit.Interval) : null;
        DateTimeOffset? fullAt = headers.Remaining is { } left ? now + limit.Interval * Math.Max(limit.Burst - left, 0) : null;
        // The call itself is already paid for.
        var fine = punished ? limit.Interval * (limit.ClientErrorCost - 1) : TimeSpan.Zero;

        await using var command = main.Source.CreateCommand(Correct);
        AddKey(command, key);
        command.Parameters.Add(Parameter.Of<DateTimeOffset?>(notBefore));
        command.Parameters.Add(Parameter.Of<DateTimeOffset?>(fullAt));
        command.Parameters.Add(Parameter.Of(paid.Taken));
        command.Parameters.Add(Parameter.Of(paid.IsAlone && headers.Limit == limit.Burst));
        command.Parameters.Add(Parameter.Of(fine));
        await command.ExecuteNonQueryAsync(cancellationToken);
        return notBefore;
    }

    private static void AddKey(NpgsqlCommand command, BucketKey key)
    {
        command.Parameters.Add(Parameter.Of(key.Seller));
        command.Parameters.Add(Parameter.Of(key.Bucket));
        command.Parameters.Add(Parameter.Of((short)key.Kind));
    }
}

/// <summary>One bucket: the marketplace counts per seller and method; the kind of token decides the size.</summary>
/// <param name="Seller">The seller's UUID, or <c>cabinet:{id}</c> when the token does not tell it.</param>
/// <param name="Bucket"><see cref="MethodRules.Bucket"/>.</param>
/// <param name="Kind">Basic tokens have buckets of their own.</param>
public sealed record BucketKey(string Seller, string Bucket, Tokens.TokenKind Kind);

/// <summary>Whether a call may be made now.</summary>
/// <param name="Granted">True: the call is paid for.</param>
/// <param name="FreeAt">When refused: the earliest instant at which asking again makes sense.</param>
/// <param name="Taken">How many calls this bucket has granted so far; tells <see cref="LimitStore.CorrectAsync"/> whether others took meanwhile.</param>
/// <param name="IsAlone">Every call before this one had been answered: the marketplace has counted them all.</param>
public readonly record struct LimitAnswer(bool Granted, DateTimeOffset FreeAt, long Taken, bool IsAlone);
