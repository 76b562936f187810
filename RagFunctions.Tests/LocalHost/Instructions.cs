using System.Reflection;
using System.Reflection.Emit;

namespace RagFunctions.Tests.LocalHost;

/// <summary>Reads compiled methods, for what no behaviour shows.</summary>
internal static class Instructions
{
    private static readonly Dictionary<ushort, OpCode> Codes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => (ushort)code.Value);

    /// <summary>What the instructions of a method call, read, write or name, in their order.</summary>
    public static IEnumerable<MemberInfo> MembersOf(MethodBase method)
    {
        var il = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        for (var at = 0; at < il.Length;)
        {
            var code = Codes[il[at] == 0xFE ? (ushort)(0xFE00 | il[at + 1]) : il[at]];
            at += code.Size;
            if (code.OperandType is OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineTok or OperandType.InlineType
                && Resolve(method, BitConverter.ToInt32(il, at)) is { } member)
            {
                yield return member;
            }

            at += code.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(il, at)),
                _ => 4,
            };
        }
    }

    /// <summary>The member as declared, without type arguments; null for a type of its own.</summary>
    private static MemberInfo? Resolve(MethodBase user, int token)
    {
        var member = user.Module.ResolveMember(
            token, user.DeclaringType!.GetGenericArguments(), user.IsGenericMethod ? user.GetGenericArguments() : [])!;
        return member switch
        {
            MethodBase or FieldInfo when member.Module == user.Module => user.Module.ResolveMember(member.MetadataToken),
            Type { DeclaringType: null } => null,
            _ => member,
        };
    }
}
