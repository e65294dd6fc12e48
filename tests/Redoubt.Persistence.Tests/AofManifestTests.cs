using System.Text;
using Redoubt.Persistence.AppendOnly;

namespace Redoubt.Persistence.Tests;

public sealed class AofManifestTests
{
    private const string Name = "appendonly.aof";

    [Fact]
    public void A_manifest_reads_back_what_was_written()
    {
        AofManifest manifest = new(Name);
        manifest.AddBase(isRdb: true);
        manifest.AddIncremental();
        manifest.AddIncremental();
        manifest.AddBase(isRdb: false);
        manifest.RetireIncrementals(kept: 1);

        string text = Encoding.Latin1.GetString(manifest.Format());

        Assert.Equal(
            "file appendonly.aof.2.base.aof seq 2 type b\nfile appendonly.aof.1.incr.aof seq 1 type h\nfile appendonly.aof.1.base.rdb seq 1 type h\n"
            + "file appendonly.aof.2.incr.aof seq 2 type i\n", text);
        AofManifest read = Read(text);
        Assert.Equal(text, Encoding.Latin1.GetString(read.Format()));
        Assert.Equal("appendonly.aof.3.incr.aof", read.AddIncremental().Name);
        Assert.Equal("appendonly.aof.3.base.rdb", read.AddBase(isRdb: true).Name);
    }

    [Theory]
    [InlineData(" file seq \n\n.aof ")]
    [InlineData("quoted \" and \x01.aof")]
    [InlineData("größe.aof")]
    public void Names_with_odd_characters_stand_in_quotes(string name)
    {
        AofManifest manifest = new(name);
        AofFileEntry entry = manifest.AddBase(isRdb: true);

        (AofManifest? read, AofManifestError? error) = AofManifest.Parse(name, manifest.Format());

        Assert.Null(error);
        Assert.Equal(entry, read!.Base);
    }

    [Theory]
    [InlineData("", "Found an empty AOF manifest")]
    [InlineData("\n", "Invalid AOF manifest file format")]
    [InlineData("file a seq 1 type b", "The AOF manifest file contains too long line")]
    [InlineData("file a seq 1 type\n", "Invalid AOF manifest file format")]
    [InlineData("file a seq x type b\n", "Invalid AOF manifest file format")]
    [InlineData("file \"a seq 1 type b\n", "Invalid AOF manifest file format")]
    [InlineData("file d/a seq 1 type b\n", "File can't be a path, just a filename")]
    [InlineData("file a seq 1 type b\nfile b seq 2 type b\n", "Found duplicate base file information")]
    [InlineData("file a seq 2 type i\nfile b seq 2 type i\n", "Found a non-monotonic sequence number")]
    [InlineData("file a seq 1 type z\n", "Unknown AOF file type")]
    public void What_is_wrong_with_a_manifest_is_said_in_the_words_of_Redis(string text, string message)
    {
        (AofManifest? manifest, AofManifestError? error) = AofManifest.Parse(Name, Encoding.Latin1.GetBytes(text));

        Assert.Null(manifest);
        Assert.Equal(message, error!.Message);
    }

    [Fact]
    public void Comments_and_words_of_later_versions_are_passed_over()
    {
        AofManifest manifest = Read("# by hand\nfile a.rdb seq 3 type b startoffset 17\nFILE a.aof SEQ 4 TYPE i\n");

        Assert.Equal(new AofFileEntry("a.rdb", 3, AofFileType.Base), manifest.Base);
        Assert.Equal(new AofFileEntry("a.aof", 4, AofFileType.Incremental), Assert.Single(manifest.Incrementals));
    }

    private static AofManifest Read(string text)
    {
        (AofManifest? manifest, AofManifestError? error) = AofManifest.Parse(Name, Encoding.Latin1.GetBytes(text));
        Assert.Null(error);
        return manifest!;
    }
}
