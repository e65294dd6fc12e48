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

    private const string Collections = """
        import sys, threading, redis
        for protocol in (2, 3):
            r = redis.Redis(port=int(sys.argv[1]), decode_responses=True, **({'protocol': 3} if protocol == 3 and redis.VERSION[0] >= 5 else {}))
            r.flushall()
            assert r.hset('h', mapping={'a': '1', 'b': '2'}) == 2 and r.hgetall('h') == {'a': '1', 'b': '2'} and r.hincrby('h', 'a', 9) == 10
            assert r.hmget('h', 'a', 'none') == ['10', None] and sorted(f for f, _ in r.hscan_iter('h')) == ['a', 'b']
            assert r.rpush('l', 'x', 'y', 'z') == 3 and r.lrange('l', 0, -1) == ['x', 'y', 'z'] and r.lmove('l', 'l2') == 'x' and r.lpop('l', 5) == ['y', 'z']
            assert r.sadd('s', 1, 2, 3) == 3 and r.smembers('s') == {'1', '2', '3'} and r.sunion('s', 'none') == {'1', '2', '3'} and r.sismember('s', 2)
            assert r.zadd('z', {'one': 1, 'two': 2.5}) == 2 and r.zscore('z', 'two') == 2.5 and r.zincrby('z', 2, 'one') == 3
            assert [list(p) for p in r.zrange('z', 0, -1, withscores=True)] == [['two', 2.5], ['one', 3.0]] and r.zrank('z', 'one') == 1
            assert r.geoadd('g', (13.361389, 38.115556, 'Palermo', 15.087269, 37.502669, 'Catania')) == 2 and float(r.geodist('g', 'Palermo', 'Catania', 'km')) == 166.2742
            assert r.setbit('bits', 7, 1) == 0 and r.bitcount('bits') == 1 and r.pfadd('hll', 'a', 'b', 'c') == 1 and r.pfcount('hll') == 3
            first = r.xadd('x', {'field': 'value'})
            assert r.xgroup_create('x', 'workers', '0') and r.xlen('x') == 1 and r.xrange('x') == [(first, {'field': 'value'})]
            assert first in str(r.xreadgroup('workers', 'one', {'x': '>'})) and r.xpending('x', 'workers')['pending'] == 1 and r.xack('x', 'workers', first) == 1
            with r.pipeline() as p:
                assert p.set('t', 1).incr('t').get('t').execute() == [True, 2, '2']
                p.watch('t')
                r.set('t', 'changed')
                try:
                    p.multi(); p.get('t'); p.execute()
                    raise SystemExit('no error')
                except redis.WatchError:
                    pass
            got = []
            waiting = threading.Thread(target=lambda: got.append(r.blpop('queue', timeout=10)))
            waiting.start()
            r.rpush('queue', 'job')
            waiting.join()
            assert list(got[0]) == ['queue', 'job'], got
            listener = r.pubsub(ignore_subscribe_messages=True)
            listener.subscribe('news')
            while r.publish('news', 'hello') == 0:
                pass
            message = None
            while message is None:
                message = listener.get_message(timeout=10)
            assert (message['channel'], message['data']) == ('news', 'hello')
            listener.close()
        print('all well')
        """;

    [Fact]
    public void Works_unchanged() => Run(Script);

    [Fact]
    public void Works_unchanged_with_every_type() => Run(Collections);

    private static void Run(string script)
    {
        Assert.SkipUnless(ToolRun.Of(Python, ["-c", "import redis"]).ExitCode == 0, "python3-redis is not installed (./test.sh installs it)");
        using ServerProcess server = RedisServers.Redoubt();
        ToolRun run = ToolRun.Of(Python, ["-c", script, server.Port.ToString(CultureInfo.InvariantCulture)]);
        Assert.Equal("all well\n", run.Succeeded());
    }
}
