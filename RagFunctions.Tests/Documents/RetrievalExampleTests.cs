using System.Diagnostics;
using System.Text.RegularExpressions;
using RagFunctions.Tests.Api;
using RagFunctions.Tests.Infra;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Documents;

/// <summary>The examples of <c>docs/search.md</c> are compiled, run against the served app, and what stands in the document.</summary>
public sealed partial class RetrievalExampleTests(IndexedAppFixture indexed) : IClassFixture<IndexedAppFixture>
{
    private const string Question = "маломерит, какой размер брать: Кружка 3";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_step_in_CSharp_brings_texts_also_while_the_provider_pauses()
    {
        using var http = new HttpClient { BaseAddress = indexed.App.Http.BaseAddress };
        http.DefaultRequestHeaders.Add("X-API-KEY", AppFixture.LimitedKey);
        var step = new RetrievalStep(http);
        Assert.Contains("Кружка 3", await step.ContextAsync(1, Question, Stop), StringComparison.Ordinal);
        await indexed.App.Database.Source.ExecuteAsync("INSERT INTO rag_provider (not_before) VALUES (now() + interval '1 hour') ON CONFLICT (singleton) DO UPDATE SET not_before = EXCLUDED.not_before");
        Assert.Contains("Кружка 3", await step.ContextAsync(1, "Кружка 3, другой вопрос", Stop), StringComparison.Ordinal);
        await indexed.App.Database.Source.ExecuteAsync("DELETE FROM rag_provider");
        var code = (await File.ReadAllTextAsync(Repository.PathOf("RagFunctions.Tests", "Documents", "RetrievalStep.cs"), Stop)).Split("// <example>\n")[1].Split("// </example>")[0];
        Assert.Contains(code.Trim(), await DocumentAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_step_in_Python_brings_texts()
    {
        var code = PythonBlock().Match(await DocumentAsync()).Groups[1].Value.Replace("маломерит, какой размер брать", Question, StringComparison.Ordinal);
        var start = new ProcessStartInfo("python3") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-");
        start.Environment["RAG"] = indexed.App.Http.BaseAddress!.ToString().TrimEnd('/');
        start.Environment["RAG_KEY"] = AppFixture.LimitedKey;
        start.Environment["PYTHONIOENCODING"] = "utf-8";
        using var python = Process.Start(start)!;
        await python.StandardInput.WriteAsync(code);
        python.StandardInput.Close();
        var (said, complained) = (await python.StandardOutput.ReadToEndAsync(Stop), await python.StandardError.ReadToEndAsync(Stop));
        await python.WaitForExitAsync(Stop);
        Assert.Equal("", complained);
        Assert.Contains("Кружка 3", said, StringComparison.Ordinal);
    }

    private static Task<string> DocumentAsync() => File.ReadAllTextAsync(Repository.PathOf("docs", "search.md"), Stop);

    [GeneratedRegex(@"```python\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex PythonBlock();
}
