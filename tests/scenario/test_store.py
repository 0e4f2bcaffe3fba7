"""The store gateway over a bucket that sidecars have filled."""
import json
import shutil

from world.actor import wait_until
from world.prometheus import now_s


def copy_of(history, world):
    """A bucket of its own, to be damaged."""
    return shutil.copytree(history, world.folder / "bucket")


def test_it_serves_all_blocks_of_both_replicas(world, history):
    query = world.query(world.store(history))
    at = now_s() - 5 * 3600

    both = query.instant("temperature", time=at, dedup="0")["data"]["result"]
    one = query.instant("temperature", time=at, dedup="1")["data"]["result"]

    assert len(both) == 6 and {r["metric"]["replica"] for r in both} == {"a", "b"}
    assert len(one) == 3 and not any("replica" in r["metric"] for r in one)


def test_a_range_over_many_blocks_has_every_step(world, history):
    query = world.query(world.store(history))
    start = now_s() - 9 * 3600

    result = query.range("temperature", start, start + 4 * 3600, 60)["data"]["result"]

    assert [len(series["values"]) for series in result] == [241] * 3


def test_matchers_of_every_kind_choose_the_right_series(world, history):
    query = world.query(world.store(history))
    at = now_s() - 5 * 3600

    for selector, hosts in [
            ('temperature{instance="host-1"}', "1"),
            ('temperature{instance!="host-1"}', "02"),
            ('temperature{instance=~"host-[12]"}', "12"),
            ('temperature{instance!~"host-[12]"}', "0"),
            ('temperature{instance=~"host-0|host-2"}', "02"),
            ('temperature{nosuch=""}', "012"),
            ('temperature{nosuch!=""}', ""),
            ('temperature{cluster="eu"}', "012"),
            ('temperature{cluster="us"}', ""),
            ('{__name__=~"temp.*",replica="a"}', "012"),
    ]:
        result = query.instant(selector, time=at)["data"]["result"]
        assert "".join(sorted(r["metric"]["instance"][-1] for r in result)) == hosts, selector


def test_label_apis_answer_from_the_index(world, history):
    query = world.query(world.store(history))

    assert query.answer("labels")["data"] == ["__name__", "cluster", "instance", "job", "replica"]
    assert query.answer("label/__name__/values")["data"] == ["requests_total", "temperature"]
    assert query.answer("label/replica/values")["data"] == ["a", "b"]
    assert query.answer("label/instance/values", **{
        "match[]": 'temperature{instance=~".*[01]"}'})["data"] == ["host-0", "host-1"]


def test_a_block_without_meta_json_is_not_there(world, history):
    bucket = copy_of(history, world)
    for meta in bucket.glob("*/meta.json"):
        meta.unlink()
    query = world.query(world.store(bucket))

    assert query.instant("temperature", time=now_s() - 5 * 3600)["data"]["result"] == []


def test_a_new_block_is_served_after_the_next_sync(world, history):
    bucket = world.bucket()
    store = world.store(bucket, flags=["--sync-block-duration=1s"])
    query = world.query(store)
    at = now_s() - 5 * 3600
    assert query.instant("temperature", time=at)["data"]["result"] == []

    shutil.copytree(history, bucket, dirs_exist_ok=True)

    wait_until("the blocks are served", lambda: len(
        query.instant("temperature", time=at)["data"]["result"]) == 3)


def damage(bucket, what, how):
    """Damage one file of the block that holds data of five hours ago, replica a; its ULID."""
    at = (now_s() - 5 * 3600) * 1000
    for path in bucket.glob("*/meta.json"):
        meta = json.loads(path.read_text())
        if meta["minTime"] <= at < meta["maxTime"] and meta["thanos"]["labels"]["replica"] == "a":
            how(path.parent / what)
            return meta["ulid"]
    raise AssertionError("no such block")


def test_a_truncated_chunk_file_is_an_error_that_names_block_and_object(world, history):
    bucket = copy_of(history, world)
    ulid = damage(bucket, "chunks/000001", lambda p: p.write_bytes(p.read_bytes()[:100]))
    query = world.query(world.store(bucket))
    at = now_s() - 5 * 3600

    status, answer = query.ask("query", query="temperature", time=at, partial_response="0")
    assert status != 200
    assert ulid in answer["error"] and "chunks/000001" in answer["error"]

    status, answer = query.ask("query", query="temperature", time=at)
    assert status == 200 and ulid in answer["warnings"][0]


def loaded(store):
    return store.metrics()['thanos_blocks_meta_synced{state="loaded"}']


def test_stores_share_out_the_blocks_of_a_bucket(world, history):
    """By their ids: each block is served by one of them."""
    shards = ["[{source_labels: [__block_id], modulus: 2, target_label: shard, action: hashmod}, "
              f"{{source_labels: [shard], regex: {shard}, action: keep}}]" for shard in range(2)]
    stores = [world.store(history, flags=[f"--selector.relabel-config={shard}"])
              for shard in shards]
    whole = world.store(history)
    start = now_s() - 9 * 3600
    question = ("sum by (replica) (temperature)", start, start + 8 * 3600, 300)

    assert loaded(whole) == sum(loaded(store) for store in stores)
    assert all(0 < loaded(store) < loaded(whole) for store in stores)
    answers = [query.range(*question)["data"]["result"]
               for query in (world.query(*stores), world.query(whole))]
    assert answers[0] == answers[1] != []


def test_a_store_serves_the_clusters_it_is_told_to(world, history):
    rules = "[{source_labels: [replica], regex: a, action: drop}]"
    query = world.query(world.store(history, flags=[f"--selector.relabel-config={rules}"]))

    assert query.answer("label/replica/values")["data"] == ["b"]


def test_a_corrupt_index_does_not_hide_the_other_blocks(world, history):
    bucket = copy_of(history, world)

    def garble(path):
        content = bytearray(path.read_bytes())
        content[-20:-8] = b"\xff" * 12
        path.write_bytes(content)

    ulid = damage(bucket, "index", garble)
    store = world.store(bucket)
    query = world.query(store)

    wait_until("the block is taken out of service", lambda: ulid in store.log.read_text()
               and "blocks became broken" in store.log.read_text())
    at = now_s() - 5 * 3600
    result = query.instant("temperature", time=at, dedup="0")["data"]["result"]
    assert {r["metric"]["replica"] for r in result} == {"b"}
    assert store.metrics()["thanos_bucket_store_block_load_failures_total"] >= 1
