// What incremental generation needs of its model: values that compare by content, so that a key stroke elsewhere in the
// project does not generate the table again.

using System.Collections;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace System.Runtime.CompilerServices
{
    // The compiler asks for these types when it sees a record with required properties; netstandard2.0 does not have them.
    internal static class IsExternalInit;

    [AttributeUsage(AttributeTargets.All)]
    internal sealed class RequiredMemberAttribute : Attribute;

    [AttributeUsage(AttributeTargets.All, AllowMultiple = true)]
    internal sealed class CompilerFeatureRequiredAttribute(string featureName) : Attribute
    {
        public string FeatureName => featureName;
    }
}

namespace System.Diagnostics.CodeAnalysis
{
    [AttributeUsage(AttributeTargets.Constructor)]
    internal sealed class SetsRequiredMembersAttribute : Attribute;
}

namespace Redoubt.Generators
{
    /// <summary>An array that equals another with the same elements.</summary>
    internal sealed class EquatableArray<T>(T[] items) : IEquatable<EquatableArray<T>>, IReadOnlyList<T>
        where T : IEquatable<T>
    {
        public static readonly EquatableArray<T> Empty = new([]);

        private readonly T[] _items = items;

        public int Count => _items.Length;

        public T this[int index] => _items[index];

        public bool Equals(EquatableArray<T>? other) => other is not null && _items.SequenceEqual(other._items);

        public override bool Equals(object? obj) => Equals(obj as EquatableArray<T>);

        public override int GetHashCode()
        {
            int hash = 17;
            foreach (T item in _items)
                hash = unchecked(hash * 31 + item.GetHashCode());
            return hash;
        }

        public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)_items).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => _items.GetEnumerator();
    }

    /// <summary>A place in the source, without the syntax tree that a Location would keep alive.</summary>
    internal sealed record SourcePlace(string Path, int Start, int Length, int Line, int Column, int EndLine, int EndColumn)
    {
        public static SourcePlace Of(SyntaxNode node)
        {
            FileLinePositionSpan lines = node.SyntaxTree.GetLineSpan(node.Span);
            return new SourcePlace(
                lines.Path,
                node.Span.Start,
                node.Span.Length,
                lines.StartLinePosition.Line,
                lines.StartLinePosition.Character,
                lines.EndLinePosition.Line,
                lines.EndLinePosition.Character);
        }

        public Location ToLocation() => Location.Create(
            Path,
            new TextSpan(Start, Length),
            new LinePositionSpan(new LinePosition(Line, Column), new LinePosition(EndLine, EndColumn)));
    }
}
