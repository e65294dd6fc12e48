using System.Globalization;
using Microsoft.Extensions.Caching.Distributed;

namespace Redoubt.Client.AspNetCore;

/// <summary>How <see cref="RedoubtDistributedCache"/> keeps its entries.</summary>
public sealed class RedoubtDistributedCacheOptions
{
    /// <summary>Stands before every key.</summary>
    public string InstanceName { get; set; } = "";

    /// <summary>The clock by which entries expire.</summary>
    public TimeProvider Clock { get; set; } = TimeProvider.System;
}

// An entry is a hash of three fields, as Microsoft's cache on StackExchange.Redis writes it: `absexp` and `sldexp`, the absolute and the
// sliding expiration in ticks (-1 for none), and `data`. The key's own expiry is the nearer of the two; reading an entry that slides
// moves it. So the two caches can work on one set of keys, and going over from one to the other empties nothing.
//
// Every operation here may be done twice without harm, so each is marked idempotent and repeated through a failover of either kind.

/// <summary>A cache that outlives a change of master.</summary>
public sealed class RedoubtDistributedCache(RedoubtClient client, RedoubtDistributedCacheOptions options) : IDistributedCache
{
    private const string Absolute = "absexp";
    private const string Sliding = "sldexp";
    private const string Data = "data";
    private const long NotPresent = -1;

    /// <inheritdoc/>
    public byte[]? Get(string key) => GetAsync(key).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public async Task<byte[]?> GetAsync(string key, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        Reply entry = await client.CommandAsync(Options(token), "HMGET", KeyOf(key), Absolute, Sliding, Data).ConfigureAwait(false);
        if (entry[2].IsNull)
            return null;
        await SlideAsync(key, entry, token).ConfigureAwait(false);
        return entry[2].Bytes.ToArray();
    }

    /// <inheritdoc/>
    public void Refresh(string key) => RefreshAsync(key).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public async Task RefreshAsync(string key, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        await SlideAsync(key, await client.CommandAsync(Options(token), "HMGET", KeyOf(key), Absolute, Sliding).ConfigureAwait(false), token).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Remove(string key) => RemoveAsync(key).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public Task RemoveAsync(string key, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return client.CommandAsync(Options(token), "DEL", KeyOf(key));
    }

    /// <inheritdoc/>
    public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => SetAsync(key, value, options).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions entry, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        ArgumentNullException.ThrowIfNull(entry);
        DateTimeOffset now = options.Clock.GetUtcNow();
        DateTimeOffset? until = AbsoluteOf(entry, now);
        TimeSpan? sliding = entry.SlidingExpiration;
        CommandArgument[] write = ["HSET", KeyOf(key), Absolute, until?.UtcTicks ?? NotPresent, Sliding, sliding?.Ticks ?? NotPresent, Data, value];
        CommandArgument[] expiry = Lifetime(until, sliding, now) is { } life ? ["PEXPIRE", KeyOf(key), Milliseconds(life)] : ["PERSIST", KeyOf(key)];
        return client.TransactionAsync(Options(token), write, expiry);
    }

    private static DateTimeOffset? AbsoluteOf(DistributedCacheEntryOptions entry, DateTimeOffset now)
    {
        if (entry.AbsoluteExpiration is { } at && at <= now)
            throw new ArgumentOutOfRangeException(nameof(entry), at, "The absolute expiration value must be in the future.");
        return entry.AbsoluteExpirationRelativeToNow is { } after ? now + after : entry.AbsoluteExpiration;
    }

    private async Task SlideAsync(string key, Reply entry, CancellationToken token)
    {
        if (TicksOf(entry[1]) is not { } sliding)
            return;
        DateTimeOffset now = options.Clock.GetUtcNow();
        DateTimeOffset? until = TicksOf(entry[0]) is { } ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
        TimeSpan life = Lifetime(until, TimeSpan.FromTicks(sliding), now)!.Value;
        await client.CommandAsync(Options(token), "PEXPIRE", KeyOf(key), Milliseconds(life)).ConfigureAwait(false);
    }

    private static TimeSpan? Lifetime(DateTimeOffset? until, TimeSpan? sliding, DateTimeOffset now)
    {
        TimeSpan? left = until - now;
        return left is null || sliding < left ? sliding ?? left : left;
    }

    // A fraction of a millisecond rounded down would be an expiry in the past, which deletes.
    private static long Milliseconds(TimeSpan life) => (long)Math.Ceiling(life.TotalMilliseconds);

    private static long? TicksOf(Reply field) =>
        !field.IsNull && long.TryParse(field.ToString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long ticks) && ticks != NotPresent ? ticks : null;

    private static CommandOptions Options(CancellationToken token) => new() { Idempotent = true, Cancellation = token };

    private string KeyOf(string key) => options.InstanceName + key;
}
