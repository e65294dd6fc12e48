using Redoubt.Structures.Listpacks;

namespace Redoubt.Structures.Hashes;

/// <summary>One field of a hash. A view, valid until the hash changes.</summary>
public readonly ref struct HashField
{
    internal HashField(PackedValue name, PackedValue value)
    {
        Name = name;
        Value = value;
    }

    public PackedValue Name { get; }

    public PackedValue Value { get; }
}

/// <summary>Receives fields one by one; the hash must not be changed meanwhile.</summary>
public interface IFieldReceiver
{
    void Receive(HashField field);
}
