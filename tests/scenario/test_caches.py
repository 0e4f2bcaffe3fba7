"""Stores that share a cache on another machine."""
import pytest

from world.actor import wait_until
from world.caches import Memcached, Redis, cache_flags
from world.prometheus import now_s

AT = now_s()


@pytest.fixture(params=[Memcached, Redis], ids=["memcached", "redis"])
def cache(request, world):
    return world.cache(request.param)


def temperatures(world, store):
    query = world.query(store)
    result = query.range("temperature", AT - 9 * 3600, AT - 5 * 3600, 60)
    return sorted((r["metric"]["instance"], r["values"]) for r in result["data"]["result"])


def wait_filled(cache):
    """Sets are not waited for: until the number of items rests."""
    counts = []

    def rests():
        counts.append(cache.items())
        return len(counts) > 5 and counts[-1] > 0 and len(set(counts[-5:])) == 1

    wait_until("the cache has what was set", rests)


def index_metric(store, what, item):
    name = f"thanos_store_index_cache_{what}_total"
    return sum(value for key, value in store.metrics().items()
               if key.startswith(name + "{") and f'item_type="{item}"' in key)


def chunk_bytes(store, origin):
    return store.metrics()["thanos_store_bucket_cache_getrange_fetched_bytes_total"
                           f'{{origin="{origin}",config="chunks"}}']


def bucket_requests(store):
    return sum(value for key, value in store.metrics().items()
               if key.startswith("thanos_objstore_bucket_operations_total{"))


def test_what_one_store_has_read_the_other_finds_in_the_cache(world, history, cache):
    want = temperatures(world, world.store(history))
    first = world.store(history, flags=cache_flags(cache))
    assert temperatures(world, first) == want
    wait_filled(cache)

    second = world.store(history, flags=cache_flags(cache))
    before = bucket_requests(second)
    assert temperatures(world, second) == want

    assert chunk_bytes(first, "bucket") > 0
    assert chunk_bytes(second, "bucket") == 0 and chunk_bytes(second, "cache") > 0
    for item in ("Series", "ExpandedPostings"):
        assert index_metric(first, "hits", item) == 0
        assert index_metric(second, "hits", item) == index_metric(second, "requests", item) > 0
    assert bucket_requests(second) == before


def test_without_its_cache_a_store_reads_the_bucket(world, history, cache):
    want = temperatures(world, world.store(history))
    store = world.store(history, flags=cache_flags(cache))
    assert temperatures(world, store) == want
    cache.kill()

    assert temperatures(world, store) == want


def test_what_is_broken_in_the_cache_is_read_from_the_bucket(world, history):
    redis = world.cache(Redis)
    want = temperatures(world, world.store(history))
    assert temperatures(world, world.store(history, flags=cache_flags(redis))) == want
    wait_filled(redis)
    for key in redis.keys():
        if not key.startswith(b"content:"):
            redis.ask("SET", key, b"dss\xff\x06\0\0sNaPpYgarbage")

    store = world.store(history, flags=cache_flags(redis))
    assert temperatures(world, store) == want

    refused = [key for key, value in store.metrics().items()
               if key.startswith("athanor_") and "_items_refused_total{" in key and value > 0]
    assert len(refused) >= 4, refused


def test_caches_in_memory_answer_what_was_asked_before(world, history):
    config = '{"type":"IN-MEMORY"}'
    store = world.store(history, flags=[f"--index-cache.config={config}",
                                        f"--store.caching-bucket.config={config}",
                                        "--matcher-cache-size=10"])
    want = temperatures(world, world.store(history))
    assert temperatures(world, store) == want
    before = bucket_requests(store)
    assert temperatures(world, store) == want

    assert bucket_requests(store) == before
    for item in ("Series", "ExpandedPostings"):
        assert index_metric(store, "hits", item) > 0


def test_caches_of_peers_are_refused_by_name(world, history):
    code, output = world.run(*world.store(history, start=False, flags=[
        '--store.caching-bucket.config={"type":"GROUPCACHE"}']).command)
    assert code == 1
    assert "create caching bucket: caches of type GROUPCACHE are not supported" in output
