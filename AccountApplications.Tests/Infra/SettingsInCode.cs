using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AccountApplications.Tests.Infra;

/// <summary>The names of all settings that code reads, as its text says. What it cannot tell it reports, rather than leave it out.</summary>
internal sealed class SettingsInCode
{
    private readonly List<SyntaxNode> _files;
    private readonly ILookup<string, VariableDeclaratorSyntax> _constants;
    private readonly HashSet<string> _methods;

    private SettingsInCode(IEnumerable<string> sources)
    {
        _files = [.. sources.Select(source => CSharpSyntaxTree.ParseText(source).GetRoot())];
        _constants = _files.SelectMany(file => file.DescendantNodes()).OfType<FieldDeclarationSyntax>()
            .Where(field => field.Modifiers.Any(SyntaxKind.ConstKeyword)).SelectMany(field => field.Declaration.Variables)
            .Where(constant => constant.Initializer is not null)
            .ToLookup(constant => constant.Identifier.Text);
        _methods = [.. _files.SelectMany(file => file.DescendantNodes()).OfType<MethodDeclarationSyntax>().Select(method => method.Identifier.Text)];
    }

    /// <returns>Names with colons.</returns>
    public static SortedSet<string> In(string folder) => In(
        Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(folder, file).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
            .Select(File.ReadAllText));

    public static SortedSet<string> In(IEnumerable<string> sources)
    {
        var code = new SettingsInCode(sources);
        return new(code._files.SelectMany(code.ReadIn).Select(name => name.Replace("__", ":", StringComparison.Ordinal)), StringComparer.Ordinal);
    }

    private IEnumerable<string> ReadIn(SyntaxNode file) =>
        file.DescendantNodes().SelectMany(node => node switch
        {
            LiteralExpressionSyntax { Token.Value: string text } when text is ['%', _, .., '%'] && !text.Contains(' ', StringComparison.Ordinal) =>
                [text.Trim('%')],
            InvocationExpressionSyntax call when call.Expression.ToString().EndsWith("Environment.GetEnvironmentVariable", StringComparison.Ordinal) =>
                [NameIn(call.ArgumentList.Arguments)],
            IdentifierNameSyntax { Identifier.Text: "configuration" or "Configuration" } name when !IsInTheReader(name) => ReadBy(name),
            BaseObjectCreationExpressionSyntax made when IsSettings(made) => ReadBy(made),
            IdentifierNameSyntax { Identifier.Text: "IConfiguration" or "IConfigurationRoot" or "IConfigurationManager" } type when !IsNamedSo(type) =>
                throw Unclear(type.Parent!),
            SimpleNameSyntax { Identifier.Text: "BindConfiguration" } bound => throw Unclear(bound.Parent!),
            _ => [],
        });

    // By another name, reads of it would not be seen; to a method that is given one of that name it may be given.
    private static bool IsNamedSo(IdentifierNameSyntax type) =>
        type.Parent is ParameterSyntax { Identifier.Text: "configuration" } or VariableDeclarationSyntax { Variables: [{ Identifier.Text: "configuration" }] }
        || type.Parent is TypeArgumentListSyntax { Parent: GenericNameSyntax { Identifier.Text: "Configure" } };

    // The class that gives others what they name; they are looked at where they name it.
    private static bool IsInTheReader(SyntaxNode node) => node.FirstAncestorOrSelf<ClassDeclarationSyntax>()?.Identifier.Text == "Settings";

    private static bool IsSettings(BaseObjectCreationExpressionSyntax made) =>
        made is ObjectCreationExpressionSyntax { Type: IdentifierNameSyntax { Identifier.Text: "Settings" } };

    private List<string> ReadBy(IdentifierNameSyntax name)
    {
        ExpressionSyntax configuration = name.Parent is MemberAccessExpressionSyntax member && member.Name == name ? member : name;
        return configuration.Parent switch
        {
            ElementAccessExpressionSyntax read when read.Expression == configuration => [NameIn(read.ArgumentList.Arguments)],
            MemberAccessExpressionSyntax { Name.Identifier.Text: "GetValue" or "GetSection", Parent: InvocationExpressionSyntax call } =>
                [NameIn(call.ArgumentList.Arguments)],
            ArgumentSyntax { Parent.Parent: BaseObjectCreationExpressionSyntax made } when IsSettings(made) => [],
            ArgumentSyntax { Parent.Parent: InvocationExpressionSyntax call } when _methods.Contains(LastNameOf(call.Expression)) => [],
            EqualsValueClauseSyntax { Parent: VariableDeclaratorSyntax { Identifier.Text: "configuration" } } => [],
            NameColonSyntax or QualifiedNameSyntax => [],
            _ => throw Unclear(configuration.Parent!),
        };
    }

    /// <summary>What is read from a <c>Settings</c>, at once or by the variable that it is in.</summary>
    private List<string> ReadBy(BaseObjectCreationExpressionSyntax made)
    {
        var section = Text(made.ArgumentList!.Arguments[1].Expression);
        var reads = made.Parent is EqualsValueClauseSyntax { Parent: VariableDeclaratorSyntax variable }
            ? variable.FirstAncestorOrSelf<MethodDeclarationSyntax>()!.DescendantNodes().OfType<IdentifierNameSyntax>()
                .Where(name => name.Identifier.Text == variable.Identifier.Text).Select(name => name.Parent!)
            : [made.Parent!];
        return [.. reads.SelectMany<SyntaxNode, string>(read => read switch
        {
            ElementAccessExpressionSyntax indexed => [$"{section}:{NameIn(indexed.ArgumentList.Arguments)}"],
            MemberAccessExpressionSyntax { Name.Identifier.Text: "Refused" } => [],
            MemberAccessExpressionSyntax { Parent: InvocationExpressionSyntax call } => [$"{section}:{NameIn(call.ArgumentList.Arguments)}"],
            _ => throw Unclear(read),
        })];
    }

    private string NameIn(SeparatedSyntaxList<ArgumentSyntax> arguments) => Text(arguments[0].Expression);

    private string Text(ExpressionSyntax expression) => expression switch
    {
        LiteralExpressionSyntax { Token.Value: string text } => text,
        InvocationExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.Text: "nameof" } } call =>
            LastNameOf(call.ArgumentList.Arguments[0].Expression),
        InterpolatedStringExpressionSyntax text => string.Concat(text.Contents.Select(part =>
            part is InterpolationSyntax hole ? Text(hole.Expression) : ((InterpolatedStringTextSyntax)part).TextToken.ValueText)),
        BinaryExpressionSyntax sum when sum.IsKind(SyntaxKind.AddExpression) => Text(sum.Left) + Text(sum.Right),
        IdentifierNameSyntax or MemberAccessExpressionSyntax when Constant(expression) is { } constant => Text(constant.Initializer!.Value),
        _ => throw Unclear(expression),
    };

    // The class's own, or the only one of that name.
    private VariableDeclaratorSyntax? Constant(ExpressionSyntax named)
    {
        var all = _constants[LastNameOf(named)].ToList();
        return all.Find(constant => ClassOf(constant) == (named is MemberAccessExpressionSyntax { Expression: var type } ? LastNameOf(type) : ClassOf(named)))
            ?? (all.Count == 1 ? all[0] : null);
    }

    private static string? ClassOf(SyntaxNode node) => node.FirstAncestorOrSelf<TypeDeclarationSyntax>()?.Identifier.Text;

    private static string LastNameOf(ExpressionSyntax expression) => expression switch
    {
        MemberAccessExpressionSyntax member => member.Name.Identifier.Text,
        SimpleNameSyntax name => name.Identifier.Text,
        _ => "",
    };

    private static InvalidOperationException Unclear(SyntaxNode node) =>
        new($"Which setting is read is not to be seen; name it by a literal or a constant, or teach {nameof(SettingsInCode)}: {node.Parent ?? node}");
}
