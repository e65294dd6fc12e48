using Redoubt.Native.Memory;
using Redoubt.Structures.Values;

namespace Redoubt.Structures.Lists;

/// <summary>The end of a long list, node by node; its copy; and its size.</summary>
internal static unsafe class ListDisposal
{
    /// <summary>Nodes.</summary>
    public static long Effort(nint root) => ((ListBlock*)root)->NodeCount;

    /// <summary>Frees up to <paramref name="budget"/> nodes; true when all is freed.</summary>
    public static bool FreeSome(NativeHeap heap, ref nint root, ref int budget)
    {
        ListBlock* list = (ListBlock*)root;
        while (list->Head != null)
        {
            if (budget-- <= 0)
                return false;
            ListNode* node = list->Head;
            list->Head = node->Next;
            list->NodeCount--;
            ListNode.Free(heap, node);
        }
        heap.Free((byte*)list, sizeof(ListBlock));
        root = 0;
        return true;
    }

    /// <summary>A second list with the same nodes.</summary>
    public static nint Copy(NativeHeap heap, nint root)
    {
        ListBlock* source = (ListBlock*)root;
        ListBlock* copy = (ListBlock*)QuickList.Create(heap);
        for (ListNode* node = source->Head; node != null; node = node->Next)
        {
            ListNode* twin = ListNode.Copy(heap, node);
            twin->Previous = copy->Tail;
            if (copy->Tail == null)
                copy->Head = twin;
            else
                copy->Tail->Next = twin;
            copy->Tail = twin;
        }
        copy->Count = source->Count;
        copy->NodeCount = source->NodeCount;
        return (nint)copy;
    }

    /// <summary>Memory in bytes, judged by the first nodes when not all are to be looked at.</summary>
    /// <param name="samples">Nodes; 0 = all.</param>
    public static long OccupiedBytes(NativeHeap heap, nint root, int samples)
    {
        ListBlock* list = (ListBlock*)root;
        long seen = 0, bytes = 0;
        for (ListNode* node = list->Head; node != null && (samples == 0 || seen < samples); node = node->Next)
        {
            bytes += node->OccupiedBytes(heap);
            seen++;
        }
        return heap.UsableSize(sizeof(ListBlock)) + (long)((double)bytes / seen * list->NodeCount);
    }
}
