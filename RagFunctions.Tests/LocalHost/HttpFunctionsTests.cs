using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using RagFunctions.LocalHost.Discovery;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.LocalHost;

public sealed class HttpFunctionsTests(DatabaseFixture fixture) : LocalHostTest(fixture), IClassFixture<DatabaseFixture>
{
    [Theory]
    [InlineData("GET", "/hello/Ann?q=1", HttpStatusCode.OK, "GET Ann 1")]
    [InlineData("POST", "/action/7", HttpStatusCode.Created, """{"count":7}""")]
    [InlineData("GET", "/nothing", HttpStatusCode.OK, "")]
    [InlineData("GET", "/throws", HttpStatusCode.InternalServerError, "")]
    [InlineData("POST", "/action/seven", HttpStatusCode.InternalServerError, "")]
    [InlineData("POST", "/hello/Ann", HttpStatusCode.MethodNotAllowed, "")]
    [InlineData("GET", "/elsewhere", HttpStatusCode.NotFound, "")]
    public async Task A_function_answers_as_with_the_real_worker(string method, string path, HttpStatusCode status, string body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var answer = await Host.Http.SendAsync(request, Ct);
        Assert.Equal((status, body), (answer.StatusCode, await answer.Content.ReadAsStringAsync(Ct)));
    }

    [Fact]
    public async Task Middleware_runs_in_the_order_of_its_registration_and_may_answer_itself()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/hello/Ann");
        request.Headers.Add("x-stop", "1");
        using var answer = await Host.Http.SendAsync(request, Ct);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal("stopped after Hello", await answer.Content.ReadAsStringAsync(Ct));
    }

    [Fact]
    public void The_host_listens_on_loopback_only() => Assert.True(Host.Http.BaseAddress!.IsLoopback);

    [Theory]
    [InlineData(typeof(WithFunctionKey), "anonymous")]
    [InlineData(typeof(WithUnknownParameter), "'stranger'")]
    [InlineData(typeof(WithTwoTriggers), "2 triggers")]
    [InlineData(typeof(WithWrongType), "parameter of type String")]
    public void What_could_not_run_here_as_there_is_refused_before_the_start(Type type, string message)
    {
        var refusal = Assert.Throws<NotSupportedException>(() => new FunctionCatalog([type]));
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_functions_of_one_name_are_refused() =>
        Assert.Throws<InvalidOperationException>(() => new FunctionCatalog([typeof(HttpSamples), typeof(HttpSamples)]));

    public static class WithFunctionKey
    {
        [Function("f")]
        public static IResult F([HttpTrigger(AuthorizationLevel.Function, "get")] HttpRequest request) => Results.Ok();
    }

    public static class WithUnknownParameter
    {
        [Function("f")]
        public static void F([ActivityTrigger] string input, IServiceProvider stranger)
        {
        }
    }

    public static class WithTwoTriggers
    {
        [Function("f")]
        public static void F([ActivityTrigger] string input, [ActivityTrigger] string other)
        {
        }
    }

    public static class WithWrongType
    {
        [Function("f")]
        public static void F([HttpTrigger(AuthorizationLevel.Anonymous, "get")] string request)
        {
        }
    }
}
