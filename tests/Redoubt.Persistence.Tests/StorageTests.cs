using Redoubt.Persistence.Rdb;

namespace Redoubt.Persistence.Tests;

public sealed class StorageTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("redoubt-file-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_old_file_stays_until_the_new_one_is_complete()
    {
        string path = Path.Combine(_folder, "dump.rdb");
        File.WriteAllText(path, "old");
        using AtomicFile file = Create();
        Assert.Null(file.Write("new"u8));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Null(file.Commit());
        Assert.Equal("new", File.ReadAllText(path));
        Assert.Equal(["dump.rdb"], Names());
    }

    [Fact]
    public void An_abandoned_file_leaves_no_trace()
    {
        File.WriteAllText(Path.Combine(_folder, "dump.rdb"), "old");
        File.WriteAllText(Path.Combine(_folder, "temp-1.rdb"), "of an earlier crash, and longer");
        using (AtomicFile file = Create())
            Assert.Null(file.Write("new"u8));
        Assert.Equal("old", File.ReadAllText(Path.Combine(_folder, "dump.rdb")));
        Assert.Equal(["dump.rdb"], Names());
    }

    [Fact]
    public void Large_files_are_written_whole()
    {
        byte[] bytes = Rdb.Bytes(Rdb.Random(new Random(1), 13_000_000));
        using AtomicFile file = Create();
        Assert.Null(file.Write(bytes.AsSpan(0, 5_000_000)));
        Assert.Null(file.Write(bytes.AsSpan(5_000_000)));
        Assert.Equal(bytes.Length, file.Length);
        Assert.Null(file.Commit());
        Assert.Equal(bytes, File.ReadAllBytes(Path.Combine(_folder, "dump.rdb")));
    }

    [Fact]
    public void A_missing_folder_is_an_error_with_a_remedy()
    {
        (AtomicFile? file, StorageError? error) = AtomicFile.Create(Path.Combine(_folder, "missing"), "dump.rdb", "temp-1.rdb");
        Assert.Null(file);
        Assert.Equal("create", error!.Operation);
        Assert.Contains("Create the folder", error.Remedy);
    }

    [Fact]
    public void A_full_disk_is_an_error_with_a_remedy_and_the_old_file_stays()
    {
        File.WriteAllText(Path.Combine(_folder, "dump.rdb"), "old");
        File.CreateSymbolicLink(Path.Combine(_folder, "temp-1.rdb"), "/dev/full");
        using (AtomicFile file = Create())
        {
            StorageError error = file.Write("new"u8)!;
            Assert.Equal("write", error.Operation);
            Assert.Contains("Free space", error.Remedy);
        }
        Assert.Equal("old", File.ReadAllText(Path.Combine(_folder, "dump.rdb")));
        Assert.Equal(["dump.rdb"], Names());
    }

    [Fact]
    public void A_saved_file_is_loaded_in_batches()
    {
        List<Entry> entries = [.. Enumerable.Range(0, 4000).Select(i => new Entry(i / 1000, $"key:{i}", Rdb.Random(new Random(i), 800)))];
        using (AtomicFile file = Create())
        {
            Assert.Null(file.Write(Rdb.Write(entries)));
            Assert.Null(file.Commit());
        }
        var read = new List<Entry>();
        int batches = 0;
        EntryBatch Exchange(EntryBatch batch)
        {
            batches++;
            read.AddRange(Rdb.Entries(batch));
            batch.Clear();
            return batch;
        }
        Assert.Null(RdbFile.Load(Path.Combine(_folder, "dump.rdb"), new RdbReader(), Exchange));
        Assert.Equal(entries, read);
        Assert.Equal(4, batches);
    }

    [Fact]
    public void A_file_that_cannot_be_loaded_says_why_and_what_to_do()
    {
        string path = Path.Combine(_folder, "dump.rdb");
        Assert.Contains("dump.rdb", RdbFile.Load(path, new RdbReader(), b => b)!.Cause);
        File.WriteAllBytes(path, Rdb.Write([new(0, "k", "v")])[..^3]);
        StorageError error = RdbFile.Load(path, new RdbReader(), b => b)!;
        Assert.Contains("truncated", error.Cause);
        Assert.Contains("redis-check-rdb", error.Remedy);
    }

    private AtomicFile Create()
    {
        (AtomicFile? file, StorageError? error) = AtomicFile.Create(_folder, "dump.rdb", "temp-1.rdb");
        Assert.Null(error);
        return file!;
    }

    private IEnumerable<string> Names() => Directory.GetFileSystemEntries(_folder).Select(p => Path.GetFileName(p));
}
