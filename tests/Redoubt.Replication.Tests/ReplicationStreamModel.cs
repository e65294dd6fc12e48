using Redoubt.Topology;

namespace Redoubt.Replication.Tests;

/// <summary>The stream beside a plain row of all bytes that were ever written to it, and cursors beside numbers.</summary>
internal sealed class ReplicationStreamModel
{
    private readonly Random _random;
    private readonly ReplicationStream _stream;
    private readonly List<byte> _written = [];
    private readonly List<(ReplicaCursor Cursor, long Next)> _cursors = [];
    private long _base;

    /// <param name="spills">Blocks go to a store, which is slow and sometimes full.</param>
    public ReplicationStreamModel(Random random, bool spills = false)
    {
        _random = random;
        _stream = new ReplicationStream(BacklogSize());
        if (spills)
        {
            _stream.Store = Store;
            _stream.SpillBytes = 4096;
        }
        _base = random.Next(1000);
        _stream.Create(new ReplicationOffset(_base));
    }

    public FakeBlockStore Store { get; } = new();

    private long End => _base + _written.Count;

    public void Step()
    {
        switch (_random.Next(16))
        {
            case < 5:
                Append();
                break;
            case < 7:
                Open();
                break;
            case 12 when _random.Next(2) == 0:
                Close();
                break;
            case < 13:
                Read();
                break;
            case 13 when _random.Next(4) > 0:
                Store.Step(_random);
                break;
            case 14 when _random.Next(3) == 0:
                TakeBack();
                break;
            case 14 when _random.Next(8) == 0:
                _stream.SetBacklogSize(BacklogSize());
                break;
            case 15 when _random.Next(8) == 0:
                Restart();
                break;
        }
    }

    public void Compare()
    {
        _stream.Verify();
        Assert.Equal((End, _cursors.Count), (_stream.Offset.Value, _stream.OpenCursors));
        BacklogWindow window = _stream.Window!.Value;
        Assert.Equal(End + 1, window.FirstByte.Value + _stream.HistoryLength);
        Assert.InRange(_stream.HistoryLength, 0, _written.Count);
        foreach ((ReplicaCursor cursor, long next) in _cursors)
        {
            Assert.Equal((next, End + 1 - next), (cursor.Position.Value, cursor.PendingBytes));
            Assert.True(window.CanContinueFrom(cursor.Position), "what a cursor has not read is kept");
        }
    }

    public void CloseAll()
    {
        while (_cursors.Count > 0)
            Close();
        Compare();
        _stream.Free();
        Store.Finish();
        Assert.Equal((0, 0L), (Store.SlotsInUse, _stream.SpilledBytes));
    }

    /// <summary>The last bytes never happened: a demoted master steps back.</summary>
    private void TakeBack()
    {
        while (_cursors.Count > 0)
            Close();
        long back = _random.NextInt64(Math.Min(_stream.HistoryLength, 5000) + 1);
        _stream.TakeBackTo(new ReplicationOffset(End - back));
        _written.RemoveRange(_written.Count - (int)back, (int)back);
    }

    private void Append()
    {
        byte[] bytes = new byte[_random.Next(20) == 0 ? _random.Next(60_000) : _random.Next(200)];
        _random.NextBytes(bytes);
        if (bytes.Length < ReplicationStream.BlockBytesMin && _random.Next(2) == 0)
        {
            // More room may be asked for than is then used.
            bytes.CopyTo(_stream.GetSpan(_random.Next(bytes.Length, ReplicationStream.BlockBytesMin)));
            _stream.Advance(bytes.Length);
        }
        else
        {
            _stream.Append(bytes);
        }
        _written.AddRange(bytes);
    }

    private void Open()
    {
        if (_cursors.Count > 0 && _random.Next(4) == 0)
        {
            (ReplicaCursor cursor, long at) = _cursors[_random.Next(_cursors.Count)];
            _cursors.Add((cursor.Fork(), at));
            return;
        }
        long next = End + 1 - _random.NextInt64(Math.Min(_stream.HistoryLength * 2, 100_000) + 3) + 1;
        bool isHeld = next >= _stream.FirstByte.Value && next <= End + 1;
        Assert.Equal(isHeld, _stream.Window!.Value.CanContinueFrom(new StreamPosition(next)));
        if (isHeld)
            _cursors.Add((_stream.CursorAt(new StreamPosition(next)), next));
        else
            Assert.Throws<ArgumentOutOfRangeException>(() => _stream.CursorAt(new StreamPosition(next)));
    }

    private void Read()
    {
        if (_cursors.Count == 0)
            return;
        int index = _random.Next(_cursors.Count);
        (ReplicaCursor cursor, long next) = _cursors[index];
        int most = _random.Next(2) == 0 ? int.MaxValue : _random.Next(1, 5000);
        ReadOnlySpan<byte> bytes = cursor.Next(most);
        Assert.True(bytes.IsEmpty == (next == End + 1) && bytes.Length <= most);
        int taken = _random.Next(bytes.Length + 1);
        if (_random.Next(2) == 0)
            taken = bytes.Length;
        for (int i = 0; i < taken; i++)
            Assert.Equal(_written[(int)(next - _base - 1) + i], bytes[i]);
        cursor.Advance(taken);
        _cursors[index] = (cursor, next + taken);
    }

    private void Close()
    {
        if (_cursors.Count == 0)
            return;
        int index = _random.Next(_cursors.Count);
        _cursors[index].Cursor.Dispose();
        _cursors.RemoveAt(index);
    }

    /// <summary>The history is given up, and another one begun elsewhere.</summary>
    private void Restart()
    {
        while (_cursors.Count > 0)
            Close();
        _stream.Free();
        _base = _random.NextInt64(1L << 40);
        _written.Clear();
        _stream.Create(new ReplicationOffset(_base));
    }

    private long BacklogSize() => 1L << _random.Next(10, 21);
}
