using Redoubt.Keyspace;
using Redoubt.Native.Memory;
using Redoubt.Structures.Lists;
using Redoubt.Structures.Tests.Lists;
using Redoubt.Structures.Values;

namespace Fuzz;

/// <summary>A list beside its model, under directives that change, on a heap that forgives nothing.</summary>
public class ListFuzz
{
    [Fact]
    public void A_list_does_as_its_model() => Campaign.Run(random =>
    {
        using GuardHeap heap = new();
        using (Redoubt.Keyspace.Keyspace keyspace = new(heap, 1, random))
        {
            Key key = keyspace.KeyOf("list"u8);
            keyspace[0].Create(key, ValueType.List, ValueEncoding.Listpack);
            ListModel model = new(random, keyspace.Limits, () => Find(keyspace));
            for (int i = random.Next(600); i > 0; i--)
            {
                if (random.Next(100) == 0)
                    model.ChangeLimits();
                model.Step();
                model.Compare();
            }
            heap.Verify();
        }
        heap.AssertEmpty();
    });

    private static ListValue Find(Redoubt.Keyspace.Keyspace keyspace)
    {
        Assert.Equal(ValueLookup.Found, keyspace[0].Edit(keyspace.KeyOf("list"u8), ValueType.List, out ValueSlot slot));
        return new ListValue(slot);
    }
}
