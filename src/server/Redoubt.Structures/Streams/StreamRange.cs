using Redoubt.Structures.Listpacks;

namespace Redoubt.Structures.Streams;

/// <summary>
/// A walk over a stream's entries between two IDs, both included, in either direction; and over the fields of each. Valid until an
/// entry is added or deleted.
/// </summary>
public ref struct StreamRange
{
    private readonly StreamId _from;
    private readonly StreamId _to;
    private readonly bool _isReverse;
    private readonly bool _withDeleted;
    private IdCursor _nodeAt;
    private StreamNode _node;
    private NodeEntry _entry;
    private int _fieldsLeft;
    private int _masterFieldAt;
    private int _contentAt;

    internal StreamRange(in IdTree nodes, StreamId from, StreamId to, bool isReverse, bool withDeleted)
    {
        _from = from;
        _to = to;
        _isReverse = isReverse;
        _withDeleted = withDeleted;
        _nodeAt = nodes.AtOrBefore(isReverse ? to : from);
        if (!_nodeAt.IsValid && !isReverse)
            _nodeAt = nodes.First();
        EnterNode();
    }

    public readonly StreamId Id => _entry.Id;

    public readonly int FieldCount => _entry.FieldCount;

    public bool MoveNext()
    {
        if (!_nodeAt.IsValid)
            return false;
        do
        {
            Step();
            while (_entry.At == 0)
            {
                if (_isReverse)
                    _nodeAt.MoveBack();
                else
                    _nodeAt.MoveOn();
                if (!_nodeAt.IsValid)
                    return false;
                EnterNode();
                Step();
            }
        }
        while ((_isReverse ? _entry.Id > _to : _entry.Id < _from) || (_entry.IsDeleted && !_withDeleted));
        if (_isReverse ? _entry.Id >= _from : _entry.Id <= _to)
            return true;
        _nodeAt = default;
        return false;
    }

    /// <summary>The next field of the entry with its value; false when there are no more.</summary>
    public bool MoveNextField(out PackedValue field, out PackedValue value)
    {
        field = default;
        value = default;
        if (_fieldsLeft == 0)
            return false;
        _fieldsLeft--;
        if (_entry.HasMasterFields)
        {
            field = _node.Pack[_masterFieldAt];
            _masterFieldAt = _node.Pack.Next(_masterFieldAt);
        }
        else
        {
            field = _node.Pack[_contentAt];
            _contentAt = _node.Pack.Next(_contentAt);
        }
        value = _node.Pack[_contentAt];
        _contentAt = _node.Pack.Next(_contentAt);
        return true;
    }

    private void EnterNode()
    {
        _entry = default;
        if (_nodeAt.IsValid)
            _node = new StreamNode(_nodeAt.Id, _nodeAt.Value);
    }

    /// <summary>To the next entry of the node, in the direction of the walk; from none to the first.</summary>
    private void Step()
    {
        if (_isReverse)
            _entry = _entry.At == 0 ? _node.Last() : _node.Before(_entry);
        else
            _entry = _entry.At == 0 ? _node.First() : _node.After(_contentAt, _entry.HasMasterFields ? _fieldsLeft : 2 * _fieldsLeft);
        _fieldsLeft = _entry.FieldCount;
        _masterFieldAt = _node.FieldsAt;
        _contentAt = _entry.ContentAt;
    }
}
