using System.Text;
using Redoubt.Native.Memory;
using Redoubt.Structures.Hashes;
using Redoubt.Structures.Lists;
using Redoubt.Structures.Sets;
using Redoubt.Structures.SortedSets;
using Redoubt.Structures.Values;

namespace Redoubt.Keyspace.Tests;

/// <summary>Large collections in a snapshot while they are written to: what is given out is what DUMP would have given when it began.</summary>
public sealed class CollectionSnapshotTests
{
    private const int LargeCount = 20_000;

    public static TheoryData<ValueType> Types => [ValueType.List, ValueType.Set, ValueType.SortedSet, ValueType.Hash];

    [Theory]
    [MemberData(nameof(Types))]
    public void A_large_collection_is_given_out_in_pieces_and_as_it_was(ValueType type)
    {
        using Rig rig = new();
        rig.Fill("large", type, LargeCount);
        Pieces pieces = rig.Begin(out SnapshotWalk walk);
        byte[] expected = rig.Image("large");
        int steps = 0;
        while (walk.Step(1000))
            steps++;
        Assert.True(steps > 5, $"{steps} steps only");
        Assert.Equal(expected, pieces.Of("large"));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_write_in_the_middle_finds_the_rest_given_out_as_it_was(ValueType type)
    {
        for (int stepsBefore = 0; stepsBefore < 4; stepsBefore++)
        {
            using Rig rig = new();
            rig.Fill("large", type, LargeCount);
            byte[] expected = rig.Image("large");
            Pieces pieces = rig.Begin(out SnapshotWalk walk);
            for (int i = 0; i < stepsBefore; i++)
                walk.Step(1000);
            rig.Fill("large", type, 100, from: 1_000_000);
            Assert.Equal(expected, pieces.Of("large"));
            while (walk.Step(1000))
            {
            }
            Assert.Equal(1, pieces.Count);
        }
    }

    [Fact]
    public void What_somebody_waits_for_is_given_out_next_and_a_piece_at_a_time()
    {
        using Rig rig = new();
        foreach (string name in new[] { "a", "b", "c", "d" })
            rig.Fill(name, ValueType.Hash, LargeCount);
        rig.Fill("small", ValueType.Hash, 10);
        Dictionary<string, byte[]> expected = "a b c d".Split(' ').ToDictionary(name => name, rig.Image);
        Pieces pieces = rig.Begin(out SnapshotWalk walk);
        while (pieces.Open is null)
            walk.Step(1);
        string open = pieces.Open;
        string wanted = expected.Keys.First(name => name != open && !pieces.IsComplete(name));
        Assert.False(rig.Postpones(walk, "small"));
        Assert.True(rig.Postpones(walk, wanted));
        Assert.True(rig.Postpones(walk, open));
        Assert.True(walk.IsUrgent);
        long before = walk.LargeDone;
        while (rig.Postpones(walk, wanted))
        {
            int given = pieces.Bytes;
            Assert.True(walk.Step(1000));
            Assert.InRange(pieces.Bytes - given, 1, 80_000);
        }
        Assert.True(walk.LargeDone > before);
        // Only the one that was begun came before it.
        Assert.Equal(new[] { open, wanted }.Order(), expected.Keys.Where(pieces.IsComplete).Order());
        rig.Fill(wanted, ValueType.Hash, 100, from: 1_000_000);
        while (walk.Step(1000))
        {
        }
        Assert.False(walk.IsUrgent);
        foreach ((string name, byte[] image) in expected)
            Assert.Equal(image, pieces.Of(name));
        Assert.Equal(5, pieces.Count);
    }

    [Fact]
    public void Who_waits_before_the_walk_has_begun_leaves_everything_else_to_come()
    {
        using Rig rig = new();
        rig.Fill("large", ValueType.Hash, LargeCount);
        for (int i = 0; i < 500; i++)
            rig.Fill("small" + i, ValueType.Hash, 2);
        Pieces pieces = rig.Begin(out SnapshotWalk walk);
        Assert.True(rig.Postpones(walk, "large"));
        while (walk.Step(1))
        {
        }
        Assert.Equal(501, pieces.Count);
    }

    [Fact]
    public void What_is_flushed_or_deleted_while_somebody_waits_for_it_is_given_out_all_the_same()
    {
        foreach (bool isFlushed in new[] { true, false })
        {
            using Rig rig = new();
            rig.Fill("a", ValueType.Hash, LargeCount);
            rig.Fill("b", ValueType.List, LargeCount);
            (byte[] a, byte[] b) = (rig.Image("a"), rig.Image("b"));
            Pieces pieces = rig.Begin(out SnapshotWalk walk);
            Assert.True(rig.Postpones(walk, "a"));
            Assert.True(rig.Postpones(walk, "b"));
            walk.Step(1000);
            if (isFlushed)
                rig.Keyspace[0].Flush();
            else
                rig.Delete("a");
            rig.Fill("a", ValueType.Set, LargeCount);
            while (walk.Step(1000))
            {
            }
            Assert.Equal(a, pieces.Of("a"));
            Assert.Equal(b, pieces.Of("b"));
            Assert.Equal(2, pieces.Count);
        }
    }

    [Fact]
    public void A_snapshot_that_is_given_up_holds_nobody_back()
    {
        using Rig rig = new();
        rig.Fill("a", ValueType.Hash, LargeCount);
        rig.Begin(out SnapshotWalk walk);
        walk.Step(1000);
        Assert.True(rig.Postpones(walk, "a"));
        walk.Step(1000);
        walk.Abort();
        Assert.False(rig.Postpones(walk, "a"));
        Assert.Null(rig.Keyspace.Snapshot);
        byte[] expected = rig.Image("a");
        Pieces second = rig.Begin(out SnapshotWalk next);
        while (next.Step(1000))
        {
        }
        Assert.Equal(expected, second.Of("a"));
    }

    private sealed class Rig : IDisposable
    {
        private readonly GuardHeap _heap = new();

        public Rig() => Keyspace = new Redoubt.Keyspace.Keyspace(_heap, 1, new Random(1));

        public Redoubt.Keyspace.Keyspace Keyspace { get; }

        public Pieces Begin(out SnapshotWalk walk)
        {
            walk = Keyspace.BeginSnapshot();
            Pieces pieces = new();
            walk.Sink = pieces;
            return pieces;
        }

        public bool Postpones(SnapshotWalk walk, string name) => walk.Postpones(Keyspace[0], KeyOf(name));

        public void Delete(string name) => Keyspace[0].Delete(KeyOf(name));

        /// <summary>As one piece.</summary>
        public byte[] Image(string name)
        {
            ImageWriter image = new();
            Keyspace[0].WriteImage(KeyOf(name), image);
            return image.Written.ToArray();
        }

        public void Fill(string name, ValueType type, int count, int from = 0)
        {
            Key key = KeyOf(name);
            ValueLookup found = Keyspace[0].Edit(key, type, out ValueSlot slot);
            if (found == ValueLookup.Missing)
                slot = Keyspace[0].Create(key, type, type == ValueType.Set ? ValueEncoding.IntSet : ValueEncoding.Listpack);
            if (found == ValueLookup.Missing && type == ValueType.SortedSet)
                new SortedSetValue(slot).Initialize();
            for (int i = from; i < from + count; i++)
            {
                byte[] text = Encoding.ASCII.GetBytes($"element-number-{i}");
                switch (type)
                {
                    case ValueType.List:
                        new ListValue(slot).Push(text, atHead: i % 2 == 0);
                        break;
                    case ValueType.Set:
                        new SetValue(slot).Add(text);
                        break;
                    case ValueType.SortedSet:
                        new SortedSetValue(slot).Add(text, i * 7 % 1000, ScoreConditions.None, out _);
                        break;
                    default:
                        new HashValue(slot).Set(text, text);
                        break;
                }
            }
            Keyspace[0].Changed(key);
        }

        public void Dispose()
        {
            Keyspace.Dispose();
            _heap.AssertEmpty();
            _heap.Dispose();
        }

        private Key KeyOf(string name) => Keyspace.KeyOf(Encoding.ASCII.GetBytes(name));
    }

    /// <summary>Puts the pieces together, of one value that is open at a time and of others that come whole in between.</summary>
    private sealed class Pieces : ISnapshotSink
    {
        private readonly Dictionary<string, List<byte>> _images = [];
        private readonly HashSet<string> _complete = [];
        private ImageWriter _image = new();
        private string _current = "";

        public string? Open { get; private set; }

        public int Count => _complete.Count;

        public int Bytes { get; private set; }

        public bool IsComplete(string name) => _complete.Contains(name);

        public byte[] Of(string name)
        {
            Assert.Contains(name, _complete);
            return [.. _images[name]];
        }

        public void Add(in SnapshotHead head, ReadOnlySpan<byte> key, bool isInteger, long integer, ReadOnlySpan<byte> value) =>
            throw new NotSupportedException("there are no strings");

        public ImageWriter BeginPiece(in SnapshotHead head, ReadOnlySpan<byte> key, bool isFirst)
        {
            _current = Encoding.ASCII.GetString(key);
            Assert.Equal(isFirst, !_images.ContainsKey(_current));
            if (isFirst)
                _images.Add(_current, []);
            else
                Assert.Equal(Open, _current);
            _image = new ImageWriter();
            return _image;
        }

        public void EndPiece(ImageType type, bool isLast)
        {
            _images[_current].AddRange(_image.Written);
            Bytes += _image.Count;
            if (isLast)
                Assert.True(_complete.Add(_current));
            if (isLast && Open == _current)
                Open = null;
            else if (!isLast && Open is null)
                Open = _current;
        }
    }
}
