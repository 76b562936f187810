using RagFunctions.Dev.Fakes.Embeddings;

namespace RagFunctions.Tests.Stories;

/// <summary>The embeddings provider of a story: troubles that last for a number of answers, and texts that it never takes.</summary>
internal sealed class StoryProvider
{
    /// <summary>A text with this word is refused until the provider is well again.</summary>
    public const string Poison = "poison";

    private readonly Lock _lock = new();
    private readonly Queue<StoryTrouble> _troubles = [];
    private readonly Action _endTimeLimits;
    private bool _takesPoison;
    private Func<Task>? _interruption;

    public StoryProvider(FakeEmbeddingsServer server, Action endTimeLimits)
    {
        _endTimeLimits = endTimeLimits;
        server.Behaviour = Answer;
        server.BeforeAnswer = _ => Interlocked.Exchange(ref _interruption, null) is { } interruption
            ? Interrupting = Task.Run(interruption)
            : Task.CompletedTask;
    }

    /// <summary>The interruption that has begun, if one has. Who waited for the answer may be gone before it ends.</summary>
    public Task Interrupting { get; private set; } = Task.CompletedTask;

    /// <summary>The next <paramref name="times"/> answers are like this.</summary>
    public void Trouble(StoryTrouble trouble, int times)
    {
        lock (_lock)
        {
            for (var i = 0; i < times; i++)
            {
                _troubles.Enqueue(trouble);
            }
        }
    }

    /// <summary>Something happens before the next answer; null = nothing.</summary>
    public void Interrupt(Func<Task>? interruption) => Volatile.Write(ref _interruption, interruption);

    /// <summary>No more troubles; with <paramref name="takesPoison"/> no refused texts either.</summary>
    public void Recover(bool takesPoison)
    {
        lock (_lock)
        {
            _troubles.Clear();
            _takesPoison = takesPoison;
        }
    }

    private FakeAnswer? Answer(ReceivedRequest request)
    {
        StoryTrouble trouble;
        lock (_lock)
        {
            if (!_troubles.TryDequeue(out trouble))
            {
                return !_takesPoison && request.Inputs.Any(text => text.Contains(Poison, StringComparison.Ordinal))
                    ? FakeAnswer.Error(400, "invalid_input")
                    : null;
            }
        }

        if (trouble == StoryTrouble.Timeout)
        {
            _endTimeLimits();
        }

        return trouble switch
        {
            StoryTrouble.TooManyRequests => FakeAnswer.TooManyRequests(0.5),
            StoryTrouble.TooManyRequestsForLong => FakeAnswer.TooManyRequests(600),
            StoryTrouble.ServerError => FakeAnswer.Error(500),
            StoryTrouble.Timeout => FakeAnswer.With(AnswerFault.Hang),
            StoryTrouble.Cut => FakeAnswer.With(AnswerFault.Cut),
            StoryTrouble.Shuffled => FakeAnswer.With(AnswerFault.Shuffled),
            StoryTrouble.TooFew => FakeAnswer.With(AnswerFault.FewerVectors),
            StoryTrouble.RepeatedIndex => FakeAnswer.With(AnswerFault.RepeatedIndex),
            StoryTrouble.WithoutIndex => FakeAnswer.With(AnswerFault.WithoutIndex),
            StoryTrouble.WrongDimension => FakeAnswer.With(AnswerFault.WrongDimension),
            StoryTrouble.NaN => FakeAnswer.With(AnswerFault.NaN),
            StoryTrouble.Zeros => FakeAnswer.With(AnswerFault.Zeros),
            StoryTrouble.Empty => FakeAnswer.With(AnswerFault.EmptyArray),
            StoryTrouble.Html => FakeAnswer.With(AnswerFault.Html),
            StoryTrouble.HalfJson => FakeAnswer.With(AnswerFault.HalfJson),
            StoryTrouble.Refusal => FakeAnswer.Error(400, "invalid_input"),
            StoryTrouble.WrongKey => FakeAnswer.Error(401, "invalid_api_key"),
            _ => FakeAnswer.InsufficientQuota(),
        };
    }
}
