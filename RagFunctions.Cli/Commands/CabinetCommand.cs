using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Marketplace.Cabinets;
using RagFunctions.Core.Marketplace.Tokens;
using Spectre.Console;

namespace RagFunctions.Cli.Commands;

/// <summary><c>rag cabinet</c>: seller accounts. A token comes from a file or standard input and is never written anywhere readable.</summary>
internal static class CabinetCommand
{
    public static Command Create(CommandRunner runner) => new("cabinet", "Seller accounts and their tokens.")
    {
        Add(runner), List(runner), Deactivate(runner), Activate(runner), Remove(runner), Encrypt(runner), Budget(runner),
    };

    private static Command Add(CommandRunner runner)
    {
        var name = new Option<string?>("--name") { Description = "What to call it." };
        var file = new Option<FileInfo>("--token-file") { Description = "File that holds the token; by default standard input." };
        file.AcceptExistingOnly();
        var replace = new Option<long?>("--replace") { Description = "Give this cabinet the token instead of adding one." };
        var other = new Option<bool>("--other-seller")
        {
            Description = "With --replace: the token opens another seller's account. All rows of the cabinet and its index are deleted first.",
        };
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        var command = new Command("add", "Adds a cabinet, or renews the token of one. The token is stored encrypted.") { name, file, replace, other, yes };
        runner.Run(command, async scope =>
        {
            var token = CabinetStore.Clean(await ReadTokenAsync(scope, scope.Parsed.GetValue(file)));
            var seller = await scope.Services.GetRequiredService<SellerIdentity>().OfAsync(token, scope.CancellationToken);
            if (scope.Parsed.GetValue(replace) is not { } id)
            {
                id = await Store(scope).AddAsync(token, scope.Parsed.GetValue(name), seller, scope.CancellationToken);
            }
            else if (scope.Parsed.GetValue(other))
            {
                await ConfirmAsync(scope, scope.Parsed.GetValue(yes), $"Delete all rows of cabinet {id} and its index, and give it to another seller?");
                await scope.Services.GetRequiredService<CabinetRemoval>().ChangeSellerAsync(id, token, seller, scope.CancellationToken);
            }
            else
            {
                await Store(scope).ReplaceTokenAsync(id, token, seller, ofOtherSeller: false, scope.CancellationToken);
            }

            scope.Output.MarkupLineInterpolated($"cabinet {id}");
            foreach (var warning in TokenDecoder.Decode(token).Warnings(Now(scope)))
            {
                scope.Output.MarkupLineInterpolated($"  {warning}");
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static Command List(CommandRunner runner)
    {
        var command = new Command("list", "Shows all cabinets.");
        runner.Run(command, async scope =>
        {
            var table = new Table().AddColumns("id", "name", "active", "token", "kind", "last sync", "notes");
            foreach (var cabinet in await Store(scope).ListAsync(scope.CancellationToken))
            {
                List<string> notes = [.. cabinet.Token?.Warnings(Now(scope)) ?? ["no token that opens"]];
                if (cabinet.TokenRejectedAt is { } rejected)
                {
                    notes.Insert(0, $"rejected on {rejected:yyyy-MM-dd HH:mm}");
                }

                table.AddRow(
                    cabinet.Id.ToString(CultureInfo.InvariantCulture), Markup.Escape(Printable.Of(cabinet.Name ?? "")), cabinet.IsActive ? "yes" : "no",
                    cabinet.IsEncrypted ? "encrypted" : cabinet.Token is null ? "none" : "plain",
                    cabinet.Token?.Kind.ToString().ToLowerInvariant() ?? "",
                    cabinet.LastSyncAt?.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) ?? "never",
                    Markup.Escape(string.Join("; ", notes)));
            }

            scope.Output.Write(table);
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Deactivate(CommandRunner runner) => Simple(
        runner, "deactivate", "Hides a cabinet: no sync, no runs, not found by search. Nothing is deleted.",
        (scope, id) => Store(scope).DeactivateAsync(id, scope.CancellationToken));

    private static Command Activate(CommandRunner runner) => Simple(
        runner, "activate", "Brings a hidden cabinet back.", (scope, id) => Store(scope).ActivateAsync(id, scope.CancellationToken));

    private static Command Remove(CommandRunner runner)
    {
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        var command = Simple(runner, "remove", "Deletes a cabinet: its source rows and its index, also one that only the index still knows.", async (scope, id) =>
        {
            await ConfirmAsync(scope, scope.Parsed.GetValue(yes), $"Delete cabinet {id}, all its rows and its index?");
            var chunks = await scope.Services.GetRequiredService<CabinetRemoval>().RemoveAsync(id, new Told(scope), scope.CancellationToken);
            scope.Output.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"{chunks} chunks removed from the index");
        });
        command.Options.Add(yes);
        return command;
    }

    private static async Task ConfirmAsync(CommandScope scope, bool yes, string question)
    {
        if (yes)
        {
            return;
        }

        if (!scope.Environment.CanAsk)
        {
            throw new CliException("Not removed: nobody is there to ask. Run it again with --yes.");
        }

        if (!await scope.Output.ConfirmAsync(question, defaultValue: false, scope.CancellationToken))
        {
            throw new CliException("Not removed.");
        }
    }

    private static Command Encrypt(CommandRunner runner)
    {
        var command = new Command("encrypt", "Encrypts all tokens with the present key and blanks the original's plain ones.");
        runner.Run(command, async scope =>
        {
            var count = await Store(scope).EncryptAsync(scope.CancellationToken);
            scope.Output.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"{count} tokens encrypted");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Budget(CommandRunner runner)
    {
        var cabinet = CabinetArgument.Create();
        var daily = new Option<decimal?>("--daily-usd") { Description = "US dollars that embedding may cost in a day (UTC)." };
        daily.Validators.Add(option =>
        {
            if (option.GetValueOrDefault<decimal?>() is < 0 or > 1_000_000)
            {
                option.AddError("--daily-usd must be between 0 and 1000000");
            }
        });
        var none = new Option<bool>("--none") { Description = "No limit any more." };
        var command = new Command("budget", "Shows or sets what embedding may cost. Spent: texts wait until 00:00 UTC; changes and deletions go on.") { cabinet, daily, none };
        command.Validators.Add(parsed =>
        {
            if (parsed.GetResult(daily) is not null && parsed.GetValue(none))
            {
                parsed.AddError("--daily-usd and --none exclude each other");
            }
        });
        runner.Run(command, async scope =>
        {
            var id = scope.Parsed.GetValue(cabinet);
            var budgets = scope.Services.GetRequiredService<CabinetBudgets>();
            if (scope.Parsed.GetValue(daily) is { } usd)
            {
                await budgets.SetAsync(id, usd, scope.CancellationToken);
            }
            else if (scope.Parsed.GetValue(none))
            {
                await budgets.SetAsync(id, null, scope.CancellationToken);
            }

            var (limit, spent) = await budgets.ReadAsync(id, scope.CancellationToken);
            scope.Output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"cabinet {id}: {(limit is { } value ? $"${value:0.00######} a day" : "no daily budget of its own")}, ${spent:0.00######} spent today (UTC)"));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Simple(CommandRunner runner, string name, string description, Func<CommandScope, long, Task> action)
    {
        var cabinet = CabinetArgument.Create();
        var command = new Command(name, description) { cabinet };
        runner.Run(command, async scope =>
        {
            await action(scope, scope.Parsed.GetValue(cabinet));
            scope.Output.WriteLine("done");
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task<string> ReadTokenAsync(CommandScope scope, FileInfo? file)
    {
        if (file is not null)
        {
            return await File.ReadAllTextAsync(file.FullName, scope.CancellationToken);
        }

        if (scope.Environment.CanAsk)
        {
            return await new TextPrompt<string>("Token:").Secret(null).ShowAsync(scope.Output, scope.CancellationToken);
        }

        return scope.Environment.Input is { } input
            ? await input.ReadToEndAsync(scope.CancellationToken)
            : throw new CliException("No token: give --token-file, or pipe it in.");
    }

    private sealed class Told(CommandScope scope) : IProgress<string>
    {
        public void Report(string value) => scope.Output.WriteLine(value);
    }

    private static CabinetStore Store(CommandScope scope) => scope.Services.GetRequiredService<CabinetStore>();

    private static DateTimeOffset Now(CommandScope scope) => scope.Services.GetRequiredService<TimeProvider>().GetUtcNow();
}
