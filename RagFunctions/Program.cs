using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Hosting;
using RagFunctions;
using RagFunctions.Api;
using RagFunctions.Core;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
// After the line above, or there is no request; for HTTP triggers alone, or asynchronous work here fails the orchestrators.
builder.UseWhen<ApiGate>(context => context.FunctionDefinition.InputBindings.Values
    .Any(binding => string.Equals(binding.Type, "httpTrigger", StringComparison.OrdinalIgnoreCase)));
builder.Services.AddRagCore(builder.Configuration).AddRagFunctions();
builder.Build().Run();
