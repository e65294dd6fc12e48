'use strict';
// The everyday paths of every type by ioredis.
const assert = require('node:assert/strict');
const { Redis } = require('ioredis');

async function strings(r) {
  assert.equal(await r.set('k', 'v', 'EX', 100), 'OK');
  assert.equal(await r.get('k'), 'v');
  assert.equal(await r.set('k', 'w', 'NX'), null);
  assert.ok((await r.ttl('k')) > 90);
  assert.equal(await r.incrby('n', 41), 41);
  assert.equal(await r.incrbyfloat('n', 1.5), '42.5');
  assert.deepEqual(await r.mget('k', 'none'), ['v', null]);
  const binary = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  await r.set('binary', binary);
  assert.deepEqual(await r.getBuffer('binary'), binary);
  await assert.rejects(r.incr('k'), /value is not an integer or out of range/);
}

async function collections(r) {
  assert.equal(await r.hset('h', { a: '1', b: '2' }), 2);
  assert.deepEqual(await r.hgetall('h'), { a: '1', b: '2' });
  assert.deepEqual(await r.hmget('h', 'a', 'none'), ['1', null]);
  assert.equal(await r.hincrby('h', 'a', 9), 10);
  assert.equal(await r.rpush('l', 'x', 'y', 'z'), 3);
  assert.deepEqual(await r.lrange('l', 0, -1), ['x', 'y', 'z']);
  assert.equal(await r.lmove('l', 'l2', 'LEFT', 'RIGHT'), 'x');
  assert.deepEqual(await r.lpop('l', 5), ['y', 'z']);
  assert.equal(await r.sadd('s', 1, 2, 3), 3);
  assert.deepEqual((await r.smembers('s')).sort(), ['1', '2', '3']);
  assert.deepEqual((await r.sinter('s', 's')).sort(), ['1', '2', '3']);
  assert.equal(await r.zadd('z', 1, 'one', 2.5, 'two'), 2);
  assert.deepEqual(await r.zrange('z', 0, -1, 'WITHSCORES'), ['one', '1', 'two', '2.5']);
  assert.deepEqual(await r.zrangebyscore('z', '(1', '+inf'), ['two']);
  assert.equal(await r.zincrby('z', 2, 'one'), '3');
  assert.deepEqual(await r.zpopmax('z'), ['one', '3']);
  assert.equal(await r.geoadd('g', 13.361389, 38.115556, 'Palermo', 15.087269, 37.502669, 'Catania'), 2);
  assert.equal(await r.geodist('g', 'Palermo', 'Catania', 'km'), '166.2742');
  assert.equal(await r.setbit('bits', 7, 1), 0);
  assert.equal(await r.bitcount('bits'), 1);
  assert.equal(await r.pfadd('hll', 'a', 'b', 'c'), 1);
  assert.equal(await r.pfcount('hll'), 3);
}

async function streams(r) {
  const first = await r.xadd('x', '*', 'field', 'value');
  await r.xgroup('CREATE', 'x', 'workers', '0');
  assert.deepEqual(await r.xreadgroup('GROUP', 'workers', 'one', 'COUNT', 10, 'STREAMS', 'x', '>'), [['x', [[first, ['field', 'value']]]]]);
  assert.equal((await r.xpending('x', 'workers'))[0], 1);
  assert.equal(await r.xack('x', 'workers', first), 1);
  assert.equal(await r.xlen('x'), 1);
}

async function transactions(r) {
  assert.deepEqual(await r.multi().set('t', '1').incr('t').get('t').exec(), [[null, 'OK'], [null, 2], [null, '2']]);
  await r.watch('t');
  const other = r.duplicate();
  await other.set('t', 'changed');
  assert.equal(await r.multi().get('t').exec(), null);
  const replies = await r.pipeline(Array.from({ length: 1000 }, (_, i) => ['set', `scan:${i}`, i])).exec();
  assert.ok(replies.length === 1000 && replies.every(([error, reply]) => error === null && reply === 'OK'));
  const found = new Set();
  for await (const keys of r.scanStream({ match: 'scan:*', count: 50 })) keys.forEach((key) => found.add(key));
  assert.equal(found.size, 1000);
  other.disconnect();
}

async function waitingAndMessages(r) {
  const waiting = r.duplicate();
  const popped = waiting.blpop('queue', 10);
  await r.rpush('queue', 'job');
  assert.deepEqual(await popped, ['queue', 'job']);
  const entry = waiting.xread('BLOCK', 10000, 'STREAMS', 'x', '$');
  while (!(await r.client('LIST')).includes('cmd=xread')) await new Promise(setImmediate);
  const id = await r.xadd('x', '*', 'a', 'b');
  assert.deepEqual(await entry, [['x', [[id, ['a', 'b']]]]]);
  const subscriber = r.duplicate();
  const heard = new Promise((resolve) => subscriber.on('message', (channel, message) => resolve([channel, message])));
  await subscriber.subscribe('news');
  assert.equal(await r.publish('news', 'hello'), 1);
  assert.deepEqual(await heard, ['news', 'hello']);
  waiting.disconnect();
  subscriber.disconnect();
}

(async () => {
  const r = new Redis({ port: Number(process.argv[2]), host: '127.0.0.1', connectionName: 'from-node', maxRetriesPerRequest: 0 });
  assert.equal(await r.client('GETNAME'), 'from-node');
  for (const path of [strings, collections, streams, transactions, waitingAndMessages]) await path(r);
  assert.match(await r.info('replication'), /role:master/);
  await r.quit();
  console.log('all well');
})().catch((error) => { console.error(error); process.exit(1); });
