using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace RagFunctions.Tests.LocalHost;

/// <summary>Writes public types and members as the list in functions-api.md writes them.</summary>
internal static class SignatureText
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly NullabilityInfoContext Nullability = new();

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(int)] = "int",
        [typeof(double)] = "double",
    };

    public static string HeadOf(Type type)
    {
        var kind = type.IsEnum ? "enum"
            : type.IsInterface ? "interface"
            : typeof(Delegate).IsAssignableFrom(type) ? "delegate"
            : type.IsValueType ? "struct"
            : type.GetMethod("<Clone>$") is not null ? "record class"
            : "class";
        var prefix = kind is not ("class" or "record class") ? ""
            : type is { IsAbstract: true, IsSealed: true } ? "static "
            : type.IsAbstract ? "abstract "
            : type.IsSealed ? "sealed "
            : "";
        var inherits = kind.EndsWith("class", StringComparison.Ordinal) && type.BaseType != typeof(object) ? $" : {type.BaseType!.FullName}" : "";
        return prefix + kind + inherits + Constraints(type.GetGenericArguments());
    }

    public static IEnumerable<string> InterfacesOf(Type type) =>
        type.IsEnum || typeof(Delegate).IsAssignableFrom(type) ? [] : type.GetInterfaces().Except(type.BaseType?.GetInterfaces() ?? []).Select(Name);

    public static IEnumerable<string> MembersOf(Type type)
    {
        if (type.IsEnum)
        {
            return Enum.GetNames(type).Select(name => $"{name} = {Convert.ToInt32(Enum.Parse(type, name), CultureInfo.InvariantCulture)},");
        }

        if (typeof(Delegate).IsAssignableFrom(type))
        {
            return [Method(type.GetMethod("Invoke")!)];
        }

        return
        [
            .. type.GetConstructors(Declared).Where(IsVisible).Select(c => $"{Access(c)} {Plain(type)}({Parameters(c)})"),
            .. type.GetMethods(Declared).Where(m => IsVisible(m) && (!m.IsSpecialName || m.Name.StartsWith("op_", StringComparison.Ordinal))).Select(Method),
            .. type.GetProperties(Declared).Where(p => p.GetAccessors(nonPublic: true).Any(IsAccessible) && p.Name != "EqualityContract").Select(Property),
            .. type.GetFields(Declared).Where(f => f.IsPublic || f.IsFamily || f.IsFamilyOrAssembly).Select(f => $"public field {f.Name}"),
            .. type.GetEvents(Declared).Where(e => IsAccessible(e.AddMethod!)).Select(e => $"public event {e.Name}"),
        ];
    }

    private static bool IsAccessible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    /// <summary>What a record makes by itself is left out, as in the list.</summary>
    private static bool IsVisible(MethodBase method) =>
        IsAccessible(method)
        && method.GetCustomAttribute<CompilerGeneratedAttribute>() is null
        && (method.IsConstructor || !method.Name.Contains('.', StringComparison.Ordinal));

    private static string Access(MethodBase method) => method.IsPublic ? "public" : "protected";

    private static string Method(MethodInfo method)
    {
        var access = method.DeclaringType!.IsInterface ? "" : Access(method) + " ";
        if (method.Name == "op_Implicit")
        {
            return $"{access}static implicit operator {Name(method.ReturnType)}({Parameters(method)})";
        }

        var name = method.Name switch { "op_Equality" => "operator ==", "op_Inequality" => "operator !=", _ => method.Name };
        var generics = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(t => t.Name))}>" : "";
        var returns = Annotated(Nullability.Create(method.ReturnParameter));
        return $"{access}{Modifier(method)}{returns} {name}{generics}({Parameters(method)}){Constraints(method.GetGenericArguments())}";
    }

    /// <summary>Those that the compiler writes down as such; <c>notnull</c> is only a remark.</summary>
    public static string Constraints(Type[] parameters) => string.Concat(parameters.Select(parameter =>
    {
        var flags = parameter.GenericParameterAttributes;
        var isStruct = flags.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint);
        string[] constraints =
        [
            .. isStruct ? ["struct"] : flags.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint) ? ["class"] : (string[])[],
            .. parameter.GetGenericParameterConstraints().Where(type => type != typeof(ValueType)).Select(Name),
            .. !isStruct && flags.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint) ? ["new()"] : (string[])[],
        ];
        return constraints.Length == 0 ? "" : $" where {parameter.Name} : {string.Join(", ", constraints)}";
    }));

    private static string Modifier(MethodInfo method) =>
        method.DeclaringType!.IsInterface ? ""
        : method.IsStatic ? "static "
        : method.IsAbstract ? "abstract "
        : method.GetBaseDefinition() != method ? "override "
        : method is { IsVirtual: true, IsFinal: false } ? "virtual "
        : "";

    private static string Property(PropertyInfo property)
    {
        var set = property.SetMethod is { } setter && IsAccessible(setter)
            ? setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? " init;" : " set;"
            : "";
        var getter = property.GetMethod is { } method && IsAccessible(method) ? method : null;
        var accessor = getter ?? property.SetMethod!;
        var get = getter is null ? "" : " get;";
        return $"{Access(accessor)} {Modifier(accessor)}{Annotated(Nullability.Create(property))} {property.Name} {{{get}{set} }}";
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select((parameter, index) =>
    {
        var first = index == 0 && method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "";
        var many = parameter.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "";
        return $"{first}{many}{Annotated(Nullability.Create(parameter))} {parameter.Name}{Default(parameter)}";
    }));

    private static string Default(ParameterInfo parameter) => !parameter.HasDefaultValue ? "" : " = " + parameter.DefaultValue switch
    {
        null when parameter.ParameterType.IsValueType && Nullable.GetUnderlyingType(parameter.ParameterType) is null =>
            $"default({Name(parameter.ParameterType)})",
        null => "null",
        bool value => value ? "true" : "false",
        var value => Convert.ToString(value, CultureInfo.InvariantCulture),
    };

    private static string Annotated(NullabilityInfo info)
    {
        var type = info.Type;
        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Name(underlying) + "?";
        }

        var text = type.IsArray ? Annotated(info.ElementType!) + "[]"
            : type.IsGenericType ? $"{Plain(type)}<{string.Join(", ", info.GenericTypeArguments.Select(Annotated))}>"
            : Name(type);
        var mark = !type.IsValueType && !type.IsGenericParameter && info.ReadState == NullabilityState.Nullable ? "?" : "";
        return text + mark;
    }

    private static string Name(Type type) =>
        Keywords.TryGetValue(type, out var keyword) ? keyword
        : type.IsGenericType ? $"{Plain(type)}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>"
        : type.Name;

    private static string Plain(Type type) => type.Name.Split('`')[0];
}
