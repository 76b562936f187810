using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Runs;

namespace RagFunctions.Tests.Runs;

public sealed class RoundTotalsTests
{
    [Fact]
    public void A_batch_that_has_to_wait_for_the_provider_has_not_failed() =>
        Assert.Equal(0, new RoundTotals().Plus(new EmbedBatchResult(RetryAt: DateTimeOffset.UnixEpoch)).FailedBatches);

    [Fact]
    public void A_batch_without_a_usable_answer_or_with_a_wrong_configuration_has()
    {
        var totals = new RoundTotals().Plus(new EmbedBatchResult(Error: "half an answer")).Plus(new EmbedBatchResult(StopError: "wrong key"));
        Assert.Equal((2, "half an answer"), (totals.FailedBatches, totals.Error));
    }
}
