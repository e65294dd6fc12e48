'use strict';
// The everyday paths of every type by node-redis, which speaks RESP3 where it is asked to.
const assert = require('node:assert/strict');
const { createClient } = require('redis');

async function strings(r) {
  assert.equal(await r.set('k', 'v', { EX: 100 }), 'OK');
  assert.equal(await r.get('k'), 'v');
  assert.equal(await r.set('k', 'w', { NX: true }), null);
  assert.ok((await r.ttl('k')) > 90);
  assert.equal(await r.incrBy('n', 41), 41);
  assert.deepEqual(await r.mGet(['k', 'none']), ['v', null]);
  await assert.rejects(r.incr('k'), /value is not an integer or out of range/);
}

async function collections(r) {
  assert.equal(await r.hSet('h', { a: '1', b: '2' }), 2);
  assert.deepEqual({ ...(await r.hGetAll('h')) }, { a: '1', b: '2' });
  assert.equal(await r.hIncrBy('h', 'a', 9), 10);
  assert.equal(await r.rPush('l', ['x', 'y', 'z']), 3);
  assert.deepEqual(await r.lRange('l', 0, -1), ['x', 'y', 'z']);
  assert.deepEqual(await r.lPopCount('l', 5), ['x', 'y', 'z']);
  assert.equal(await r.sAdd('s', ['1', '2', '3']), 3);
  assert.deepEqual([...(await r.sMembers('s'))].sort(), ['1', '2', '3']);
  assert.ok(await r.sIsMember('s', '2'));
  assert.equal(await r.zAdd('z', [{ score: 1, value: 'one' }, { score: 2.5, value: 'two' }]), 2);
  assert.deepEqual((await r.zRangeWithScores('z', 0, -1)).map(({ value, score }) => [value, score]), [['one', 1], ['two', 2.5]]);
  assert.equal(await r.zScore('z', 'two'), 2.5);
  assert.equal((await r.zPopMin('z')).value, 'one');
  assert.equal(await r.geoAdd('g', [{ longitude: 13.361389, latitude: 38.115556, member: 'Palermo' }, { longitude: 15.087269, latitude: 37.502669, member: 'Catania' }]), 2);
  assert.equal(await r.geoDist('g', 'Palermo', 'Catania', 'km'), 166.2742);
  assert.equal(await r.setBit('bits', 7, 1), 0);
  assert.equal(await r.bitCount('bits'), 1);
  assert.equal(await r.pfAdd('hll', ['a', 'b', 'c']), 1);
  assert.equal(await r.pfCount('hll'), 3);
}

async function streams(r) {
  const first = await r.xAdd('x', '*', { field: 'value' });
  await r.xGroupCreate('x', 'workers', '0');
  const read = await r.xReadGroup('workers', 'one', { key: 'x', id: '>' }, { COUNT: 10 });
  const [{ id, message }] = (Array.isArray(read) ? read[0].messages : read.x);
  assert.deepEqual([id, { ...message }], [first, { field: 'value' }]);
  assert.equal((await r.xPending('x', 'workers')).pending, 1);
  assert.equal(await r.xAck('x', 'workers', first), 1);
  assert.equal(await r.xLen('x'), 1);
}

async function transactions(r) {
  assert.deepEqual(await r.multi().set('t', '1').incr('t').get('t').exec(), ['OK', 2, '2']);
  const other = await r.duplicate().connect();
  await r.watch('t');
  await other.set('t', 'changed');
  await assert.rejects(r.multi().get('t').exec(), /watched keys has been changed/);
  await Promise.all(Array.from({ length: 1000 }, (_, i) => r.set(`scan:${i}`, String(i))));
  const found = new Set();
  for await (const keys of r.scanIterator({ MATCH: 'scan:*', COUNT: 50 })) keys.forEach((key) => found.add(key));
  assert.equal(found.size, 1000);
  other.destroy();
}

async function waitingAndMessages(r) {
  const waiting = await r.duplicate().connect();
  const popped = waiting.blPop('queue', 10);
  await r.rPush('queue', 'job');
  assert.deepEqual({ ...(await popped) }, { key: 'queue', element: 'job' });
  const subscriber = await r.duplicate().connect();
  let resolve;
  const heard = new Promise((done) => { resolve = done; });
  await subscriber.subscribe('news', (message, channel) => resolve([channel, message]));
  assert.equal(await r.publish('news', 'hello'), 1);
  assert.deepEqual(await heard, ['news', 'hello']);
  waiting.destroy();
  subscriber.destroy();
}

(async () => {
  const port = Number(process.argv[2]);
  for (const RESP of [2, 3]) {
    const r = await createClient({ socket: { port, host: '127.0.0.1', reconnectStrategy: false }, name: 'from-node', RESP }).connect();
    await r.flushAll();
    assert.equal(await r.clientGetName(), 'from-node');
    for (const path of [strings, collections, streams, transactions, waitingAndMessages]) await path(r);
    assert.match(String(await r.info('replication')), /role:master/);
    await r.close();
  }
  console.log('all well');
})().catch((error) => { console.error(error); process.exit(1); });
