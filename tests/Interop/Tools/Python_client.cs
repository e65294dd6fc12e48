using System.Globalization;
using Redoubt.Testing;

namespace Redoubt.Interop.Tools;

/// <summary>A client library of another language, written for Redis and unchanged.</summary>
public sealed class Python_client
{
    private const string Python = "/usr/bin/python3";

    private const string Script = """
        import sys, redis
        r = redis.Redis(port=int(sys.argv[1]), decode_responses=True, client_name='from-python')
        assert r.ping()
        assert r.client_getname() == 'from-python'
        assert r.client_setname('renamed') and r.client_getname() == 'renamed'
        assert r.set('k', 'v') and r.get('k') == 'v' and r.get('none') is None
        assert r.set('k', 'w', nx=True) is None
        assert r.set('k', 'w', get=True) == 'v'
        assert r.mset({'a': '1', 'b': '2'}) and r.mget('a', 'none', 'b') == ['1', None, '2']
        assert r.incr('n') == 1 and r.incrby('n', 41) == 42 and r.incrbyfloat('n', 0.5) == 42.5
        assert r.append('k', '!') == 2 and r.strlen('k') == 2 and r.getrange('k', 0, 0) == 'w'
        assert r.expire('k', 1000) and 990 <= r.ttl('k') <= 1000 and r.persist('k') and r.ttl('k') == -1
        assert r.exists('k', 'a', 'none') == 2 and r.delete('a', 'none') == 1 and r.type('k') == 'string'
        p = r.pipeline(transaction=False)
        for i in range(1000):
            p.set('scan:%d' % i, i)
            p.get('scan:%d' % i)
        replies = p.execute()
        assert replies[0] is True and replies[1999] == '999' and len(replies) == 2000
        assert sorted(r.scan_iter('scan:*', count=50)) == sorted('scan:%d' % i for i in range(1000))
        assert r.config_get('timeout') == {'timeout': '0'} and r.config_set('timeout', 0)
        info = r.info()
        assert info['role'] == 'master' and info['redis_version'] and info['db0']['keys'] == r.dbsize()
        assert any(c['name'] == 'renamed' for c in r.client_list())
        assert r.command_count() > 40 and r.time()[0] > 1600000000
        try:
            r.execute_command('GET')
            raise SystemExit('no error')
        except redis.ResponseError as e:
            assert str(e) == "wrong number of arguments for 'get' command", e
        try:
            r.incr('k')
            raise SystemExit('no error')
        except redis.ResponseError as e:
            assert str(e) == 'value is not an integer or out of range', e
        b = redis.Redis(port=int(sys.argv[1]), db=3)
        assert b.set(b'\x00\xff', bytes(range(256)) * 1000) and b.get(b'\x00\xff') == bytes(range(256)) * 1000
        assert r.get('\x00') is None and b.dbsize() == 1 and b.flushdb() and b.dbsize() == 0
        print('all well')
        """;

    [Fact]
    public void Works_unchanged()
    {
        Assert.SkipUnless(ToolRun.Of(Python, ["-c", "import redis"]).ExitCode == 0, "python3-redis is not installed (./test.sh installs it)");
        using ServerProcess server = RedisServers.Redoubt();
        ToolRun run = ToolRun.Of(Python, ["-c", Script, server.Port.ToString(CultureInfo.InvariantCulture)]);
        Assert.Equal("all well\n", run.Succeeded());
    }
}
