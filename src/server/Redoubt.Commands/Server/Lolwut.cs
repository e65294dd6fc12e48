// LOLWUT: a picture of characters and the version. Which picture depends on VERSION, as in Redis; the pictures are our own: rings on
// water for version 5, hills at night for version 6, and none for others.

using System.Text;

namespace Redoubt.Commands;

internal static class Lolwut
{
    private const int PictureColumnsMax = 1000;
    private const int PictureRowsMax = 1000;

    [Command("LOLWUT", -1, CommandFlags.ReadOnly | CommandFlags.Fast,
        Group = "server", Since = "5.0.0", Summary = "Display some computer art and the Redis version", Syntax = "[VERSION=version:integer]")]
    public static void Draw(CommandContext c)
    {
        long version = 0;
        int first = 1;
        if (c.Count >= 3 && c.Is(1, "VERSION"u8))
        {
            if (!c.TryInteger(2, out version))
                return;
            first = 3;
        }
        StringBuilder text = new();
        if (version == 5)
        {
            if (!TrySize(c, first, 66, 20, out int columns, out int rows))
                return;
            DrawRings(text, columns, rows, Random.Shared);
        }
        else if (version == 6)
        {
            if (!TrySize(c, first, 80, 20, out int columns, out int rows))
                return;
            DrawHills(text, columns, rows, Random.Shared);
        }
        text.Append("Redis ver. ").Append(c.Ports.Status.RedisVersion).Append('\n');
        c.ReplyText(text.ToString());
    }

    private static bool TrySize(CommandContext c, int first, int columnsDefault, int rowsDefault, out int columns, out int rows)
    {
        columns = columnsDefault;
        rows = rowsDefault;
        if (c.Count > first)
        {
            if (!c.TryInteger(first, out long wanted))
                return false;
            columns = (int)Math.Clamp(wanted, 1, PictureColumnsMax);
        }
        if (c.Count > first + 1)
        {
            if (!c.TryInteger(first + 1, out long wanted))
                return false;
            rows = (int)Math.Clamp(wanted, 1, PictureRowsMax);
        }
        return true;
    }

    /// <summary>Three drops and the waves they make, in characters that stand for 2 × 4 dots each.</summary>
    private static void DrawRings(StringBuilder text, int columns, int rows, Random random)
    {
        (double X, double Y)[] drops = [.. Enumerable.Range(0, 3).Select(_ => (random.NextDouble() * 2 * columns, random.NextDouble() * 4 * rows))];
        double length = 6 + random.NextDouble() * 8;
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                int dots = 0;
                for (int dot = 0; dot < 8; dot++)
                {
                    double x = 2 * column + dot % 2, y = 4 * row + dot / 2;
                    if (drops.Sum(drop => Math.Sin(double.Hypot(x - drop.X, y - drop.Y) * 2 * Math.PI / length)) > 0.9)
                        dots |= BrailleDot(dot % 2, dot / 2);
                }
                text.Append((char)('\u2800' + dots));
            }
            text.Append('\n');
        }
        text.Append('\n');
    }

    /// <summary>Unicode numbers the upper six dots of a braille character by columns, and the lowest two after them.</summary>
    private static int BrailleDot(int x, int y) => y == 3 ? 0x40 << x : 1 << (3 * x + y);

    /// <summary>Ranges of hills one behind the other, the nearest the darkest, under a sky with a few stars.</summary>
    private static void DrawHills(StringBuilder text, int columns, int rows, Random random)
    {
        const string Shades = "░▒▓█";
        double[] phases = [.. Enumerable.Range(0, Shades.Length).Select(_ => random.NextDouble() * 100)];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                char shade = random.Next(40) == 0 ? '.' : ' ';
                for (int range = 0; range < Shades.Length; range++)
                {
                    double x = column / (14.0 - 2 * range) + phases[range];
                    double height = 0.75 - 0.15 * range + 0.1 * (Math.Sin(x) + 0.5 * Math.Sin(2.3 * x));
                    if (1 - (double)row / rows < height)
                        shade = Shades[range];
                }
                text.Append(shade);
            }
            text.Append('\n');
        }
        text.Append('\n');
    }
}
