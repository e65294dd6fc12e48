using Redoubt.Native;

namespace Redoubt.Structures.SortedSets;

internal readonly unsafe ref partial struct ScoreTree
{
    /// <summary>Bytes that the nodes occupy.</summary>
    public long NodeBytes => _head->Root == null ? 0 : BytesBelow(_head->Root, _head->Height);

    /// <summary>Walks everything and checks every invariant; time in proportion to the entries.</summary>
    public void Verify()
    {
        if (_head->Root == null)
        {
            Invariant.That(_head->Count == 0 && _head->First == null && _head->Last == null && _head->Height == 0, "an empty tree has nothing");
            return;
        }
        ScoreLeaf* previous = null;
        long count = VerifyNode(_head->Root, _head->Height, ref previous);
        Invariant.That(count == _head->Count, "the tree's count is that of its entries");
        Invariant.That(previous == _head->Last && previous->Next == null, "the last leaf ends the chain");
    }

    private long VerifyNode(void* node, long height, ref ScoreLeaf* previous)
    {
        if (height == 0)
        {
            VerifyLeaf((ScoreLeaf*)node, previous);
            previous = (ScoreLeaf*)node;
            return previous->Count;
        }
        ScoreBranch* branch = (ScoreBranch*)node;
        Invariant.That(branch->Count is > 0 and <= ScoreBranch.Capacity, "a branch has children");
        Invariant.That(node != _head->Root || branch->Count > 1, "a root has several children");
        for (int i = 0; i < branch->Count; i++)
        {
            ScoreLeaf* first = FirstLeaf(branch->Child(i), height - 1);
            Invariant.That(
                i == 0 || (branch->Elements[i] == first->Elements[0] && branch->Scores[i] == first->Scores[0]), "a branch's key is its child's first entry");
            long size = VerifyNode(branch->Child(i), height - 1, ref previous);
            Invariant.That(size == branch->Sizes[i], "a branch's size is that of its child");
        }
        return branch->TotalSize();
    }

    private void VerifyLeaf(ScoreLeaf* leaf, ScoreLeaf* previous)
    {
        Invariant.That(leaf->Count is > 0 and <= ScoreLeaf.Capacity, "a leaf has entries");
        Invariant.That(leaf->Previous == previous && (previous == null ? _head->First == leaf : previous->Next == leaf), "leaves are chained in order");
        ScorePosition before = new ScorePosition(leaf, 0).Previous;
        for (int i = 0; i < leaf->Count; i++)
        {
            ScorePosition position = new(leaf, i);
            Invariant.That(!double.IsNaN(position.Score), "a score is a number");
            Invariant.That(
                !before.Exists || before.Score < position.Score
                || (before.Score == position.Score && MemberOf(before.Element).SequenceCompareTo(MemberOf(position.Element)) < 0),
                "entries ascend");
            before = position;
        }
    }

    private static ScoreLeaf* FirstLeaf(void* node, long height)
    {
        for (; height > 0; height--)
            node = ((ScoreBranch*)node)->Child(0);
        return (ScoreLeaf*)node;
    }

    private long BytesBelow(void* node, long height)
    {
        if (height == 0)
            return _heap.UsableSize(sizeof(ScoreLeaf));
        ScoreBranch* branch = (ScoreBranch*)node;
        long bytes = _heap.UsableSize(sizeof(ScoreBranch));
        if (height == 1)
            return bytes + branch->Count * _heap.UsableSize(sizeof(ScoreLeaf));
        for (int i = 0; i < branch->Count; i++)
            bytes += BytesBelow(branch->Child(i), height - 1);
        return bytes;
    }
}
