using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace RagFunctions.Api.OpenApi;

/// <summary>What the compiler's documentation files say of the API's types and functions. Without those files there are no words.</summary>
internal static partial class DocumentedWords
{
    private static readonly Lazy<Dictionary<string, string>> Words = new(Read);

    /// <summary>Of a function.</summary>
    public static string? Of(MethodInfo function) =>
        Words.Value.FirstOrDefault(entry => entry.Key.StartsWith($"M:{function.DeclaringType!.FullName}.{function.Name}(", StringComparison.Ordinal)).Value;

    /// <summary>Of a type.</summary>
    public static string? Of(Type type) => Words.Value.GetValueOrDefault($"T:{type.FullName}");

    /// <summary>Of a property.</summary>
    public static string? Of(MemberInfo property) => Words.Value.GetValueOrDefault($"P:{property.DeclaringType!.FullName}.{property.Name}");

    private static Dictionary<string, string> Read()
    {
        Dictionary<string, string> words = [];
        foreach (var file in ((string[])["RagFunctions.xml", "RagFunctions.Core.xml"]).Select(name => Path.Combine(AppContext.BaseDirectory, name)).Where(File.Exists))
        {
            foreach (var member in XDocument.Load(file).Descendants("member"))
            {
                var name = (string)member.Attribute("name")!;
                if (member.Element("summary") is { } summary)
                {
                    words[name] = Plain(summary);
                }

                // The parameters of a record are its properties.
                foreach (var parameter in member.Elements("param").Where(_ => name.StartsWith("T:", StringComparison.Ordinal)))
                {
                    words[$"P:{name[2..]}.{(string)parameter.Attribute("name")!}"] = Plain(parameter);
                }
            }
        }

        return words;
    }

    private static string Plain(XElement element)
    {
        foreach (var reference in element.Descendants().Where(inner => inner.Attribute("cref") is not null).ToList())
        {
            reference.ReplaceWith(((string)reference.Attribute("cref")!).Split('.', ':')[^1]);
        }

        return Spaces().Replace(element.Value, " ").Trim();
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
