using Redoubt.Server.Persistence;

namespace Redoubt.Server.Tests.Persistence;

public sealed class ProgressLinesTests
{
    [Theory]
    [InlineData(410, 1024, 2000, "Loading: 40 % of 1024 MB, 205 MB/s, about 3 s left")]
    [InlineData(1024, 1024, 2000, "Loading: 100 % of 1024 MB, 512 MB/s, about 0 s left")]
    [InlineData(0, 1024, 5000, "Loading: 0 % of 1024 MB, 0 MB/s, no end in sight")]
    [InlineData(500, 0, 5000, "Loading: 500 MB so far, 100 MB/s")]
    public void Say_how_far_how_fast_and_how_long_still(double done, double total, long elapsedMs, string line) =>
        Assert.Equal(line, ProgressLines.Describe("Loading", done, total, "MB", elapsedMs));
}
