using System.Text;

namespace RagFunctions.Tests.Telemetry;

/// <summary>A protobuf message, read just far enough to find names by the numbers of their fields.</summary>
internal static class OtlpMessage
{
    /// <summary>Names of instruments: resource_metrics, scope_metrics, metrics, name.</summary>
    public static IEnumerable<string> Metrics(byte[] body) => Texts(body, 1, 2, 2, 1);

    /// <summary>Names of spans: resource_spans, scope_spans, spans, name.</summary>
    public static IEnumerable<string> Spans(byte[] body) => Texts(body, 1, 2, 2, 5);

    /// <summary>Categories of log records: resource_logs, scope_logs, scope, name.</summary>
    public static IEnumerable<string> LogCategories(byte[] body) => Texts(body, 1, 2, 1, 1);

    /// <summary>Names of log events: resource_logs, scope_logs, log_records, event_name.</summary>
    public static IEnumerable<string> LogEvents(byte[] body) => Texts(body, 1, 2, 2, 12);

    private static IEnumerable<string> Texts(byte[] message, params int[] path) =>
        path.Aggregate<int, IEnumerable<byte[]>>([message], (messages, field) => messages.SelectMany(one => Fields(one, field)))
            .Select(Encoding.UTF8.GetString);

    private static List<byte[]> Fields(byte[] message, int wanted)
    {
        List<byte[]> found = [];
        var at = 0;
        while (at < message.Length)
        {
            var key = VarInt(message, ref at);
            switch (key & 7)
            {
                case 0:
                    VarInt(message, ref at);
                    break;
                case 1:
                    at += 8;
                    break;
                case 2:
                    var length = (int)VarInt(message, ref at);
                    if ((int)(key >> 3) == wanted)
                    {
                        found.Add(message[at..(at + length)]);
                    }

                    at += length;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"wire type {key & 7}");
            }
        }

        return found;
    }

    private static ulong VarInt(byte[] message, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var part = message[at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }
    }
}
