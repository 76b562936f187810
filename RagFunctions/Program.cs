using Microsoft.Extensions.Hosting;
using RagFunctions;

RagFunctionsApplication.CreateBuilder(args).Build().Run();
