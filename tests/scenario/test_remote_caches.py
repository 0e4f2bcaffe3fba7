"""Caches in real memcached and redis servers, found by a real name server, that come and go."""
import json
import shutil
import socket

import pytest

from test_tls import certificates  # noqa: F401
from world.actor import wait_until
from world.caches import Memcached, NameServer, Probe, Redis, Sentinel

KEYS = [f"key-{i}" for i in range(60)]


@pytest.fixture(autouse=True)
def servers_are_installed():
    missing = [s for s in ("memcached", "redis-server", "dnsmasq") if not shutil.which(s)]
    if missing:
        pytest.skip(f"not installed: {' '.join(missing)}")


def add(world, kind, *args, **more):
    return world._add(kind(f"{kind.__name__.lower()}-{len(world.actors)}", world.folder, *args,
                           **more))


PATIENT = {"MEMCACHED": {"timeout": "20s"}, "REDIS": {"read_timeout": "20s"}}


def cache(world, kind, **config):
    """A probe of one; unless the test says otherwise, its servers may take their time."""
    config = {**PATIENT[kind], **config}
    return add(world, Probe, "cache", kind, json.dumps(config))


def memcached(world, *servers, **config):
    return cache(world, "MEMCACHED", addresses=[s.address for s in servers], **config)


def fill(probe, keys=KEYS, length=3000):
    for key in keys:
        probe.set(key, length)
    wait_until("all is stored", lambda: set(probe.get(*keys)) == {"hit"})


def talk(server, text):
    """What a server answers to one command, a person at the keyboard."""
    with socket.create_connection(("127.0.0.1", server.port), 5) as s:
        s.sendall(text.encode())
        s.settimeout(5)
        return s.recv(65536).decode(errors="replace")


# --- memcached --------------------------------------------------------------------------------


def test_keys_are_spread_over_memcached_servers_and_found_again(world):
    servers = [add(world, Memcached) for _ in range(3)]
    probe = memcached(world, *servers, max_get_multi_batch_size=7)

    fill(probe)

    counts = [int(talk(s, "stats\r\n").split("curr_items ")[1].split()[0]) for s in servers]
    assert sum(counts) == len(KEYS) and min(counts) > 5, counts
    assert probe.get("absent", "key-3", "absent too", "key-5") == [
        "miss", "hit", "miss", "miss", "hit"]
    # Another process, given the servers in another order, finds them in the same places.
    other = memcached(world, *reversed(servers))
    assert set(other.get(*KEYS)) == {"hit"}


def test_values_of_all_sizes_up_to_the_limit_fit_memcached(world):
    server = add(world, Memcached)
    probe = memcached(world, server, max_item_size="2MiB")

    sizes = [0, 1, 1000, 40000, 1000000]
    fill(probe, ["size-%d" % n for n in sizes], 0)
    for n in sizes:
        probe.set(f"size-{n}", n)
    probe.set("above-the-servers-limit", 1 << 20)
    probe.set("above-ours", (2 << 20) + 1)
    wait_until("the largest is stored", lambda: talk(
        server, "get size-1000000\r\n").startswith("VALUE size-1000000 0 1000000"))

    assert set(probe.get(*("size-%d" % n for n in sizes))) == {"hit"}
    wait_until("the server refused one", lambda: probe.metric(
        "thanos_memcached_operation_failures_total{set,server-error,probe}") == 1)
    assert probe.metric(
        "thanos_memcached_operation_skipped_total{set,max-item-size,probe}") == 1
    assert probe.get("above-the-servers-limit", "above-ours") == ["miss", "miss"]


def test_memcached_forgets_when_the_time_to_live_is_over(world):
    probe = memcached(world, add(world, Memcached))

    probe.set("long", 10)
    probe.set("short", 10, 1500)
    wait_until("both are stored", lambda: probe.get("long", "short") == ["hit", "hit"])
    wait_until("the short one is gone", lambda: probe.get("long", "short") == ["hit", "miss"])


def test_a_memcached_that_is_killed_makes_misses_and_comes_back(world):
    servers = [add(world, Memcached) for _ in range(2)]
    probe = memcached(world, *servers)
    fill(probe)

    servers[0].kill()
    answers = probe.get(*KEYS)
    assert set(answers) == {"hit", "miss"}
    probe.set(KEYS[answers.index("miss")], 10)
    assert probe.metric(
        "thanos_memcached_operation_failures_total{getmulti,network-error,probe}") >= 1
    servers[0].start()
    fill(probe)

    def told():
        probe.get(*KEYS)
        return "remote cache answers again" in probe.log.read_text()

    wait_until("the log says that it is back", told)
    assert probe.log.read_text().count("remote cache fails") == 1


def test_a_memcached_that_hangs_costs_the_timeout_and_no_more(world):
    servers = [add(world, Memcached) for _ in range(2)]
    probe = memcached(world, *servers, timeout="1s")
    fill(probe)

    servers[1].pause()
    assert set(probe.get(*KEYS)) == {"hit", "miss"}
    assert probe.metric(
        "thanos_memcached_operation_failures_total{getmulti,timeout,probe}") >= 1
    servers[1].resume()
    wait_until("all are found again", lambda: set(probe.get(*KEYS)) == {"hit"})


# --- redis ------------------------------------------------------------------------------------


def test_values_are_found_again_in_redis(world):
    server = add(world, Redis)
    probe = cache(world, "REDIS", addr=server.address, prefix="thanos:", db=2,
                  get_multi_batch_size=7)

    fill(probe)
    probe.set("large", 5000000)
    probe.set("empty", 0)
    wait_until("both are stored", lambda: probe.get("large", "absent", "empty") == [
        "hit", "miss", "hit"])

    assert "keys=62,expires=62" in talk(server, "INFO keyspace\r\n").split("db2:")[1]
    assert ":1\r\n" in talk(server, "SELECT 2\r\nEXISTS thanos:key-0\r\n")


def test_redis_over_tls_with_a_user(world, certificates):  # noqa: F811
    server = add(world, Redis, tls=certificates,
                 more=["--user", "thanos", "on", ">secret", "~*", "+@all",
                       "--user", "default", "off"])
    config = dict(addr=f"localhost:{server.port}", tls_enabled=True, username="thanos",
                  password="secret")
    tls = {"ca_file": f"{certificates}/ca.crt", "cert_file": f"{certificates}/host.crt",
           "key_file": f"{certificates}/host.key"}
    probe = cache(world, "REDIS", **config, tls_config=tls)

    fill(probe)
    probe.set("large", 5000000)
    wait_until("the large one is stored", lambda: probe.get("large") == ["hit"])

    wrong = {
        "certificate": dict(config, tls_config={**tls, "ca_file": f"{certificates}/other-ca.crt"}),
        "WRONGPASS": dict(config, tls_config=tls, password="terces"),
        "host": dict(config, tls_config={**tls, "server_name": "other.test"}),
    }
    for word, how in wrong.items():
        refused = cache(world, "REDIS", **how)
        assert refused.process.wait(30) == 1
        assert word in refused.log.read_text()
        assert "terces" not in refused.log.read_text()


def test_a_redis_that_is_killed_makes_misses_and_comes_back(world):
    server = add(world, Redis)
    probe = cache(world, "REDIS", addr=server.address)
    fill(probe)

    server.kill()
    assert set(probe.get(*KEYS)) == {"miss"}
    assert probe.metric("thanos_redis_operation_failures_total{getmulti,probe}") == 1
    server.start()
    fill(probe)


def test_a_redis_that_hangs_costs_the_timeout_and_no_more(world):
    server = add(world, Redis)
    probe = cache(world, "REDIS", addr=server.address, read_timeout="1s")
    fill(probe)

    server.pause()
    assert set(probe.get(*KEYS)) == {"miss"}
    server.resume()
    wait_until("all are found again", lambda: set(probe.get(*KEYS)) == {"hit"})


def test_a_master_that_fails_is_followed_by_its_replica(world):
    first, second = add(world, Redis), add(world, Redis)
    talk(second, f"REPLICAOF 127.0.0.1 {first.port}\r\n")
    wait_until("the replica is in step",
               lambda: "master_link_status:up" in talk(second, "INFO replication\r\n"))
    sentinel = add(world, Sentinel, first)
    wait_until("the sentinel knows the replica", lambda: str(second.port) in talk(
        sentinel, "SENTINEL REPLICAS mymaster\r\n"))
    probe = cache(world, "REDIS", addr=sentinel.address, master_name="mymaster")
    fill(probe)

    first.kill()

    wait_until("the replica is asked", lambda: set(probe.get(*KEYS)) == {"hit"}, timeout=60)
    fill(probe, ["new-1", "new-2"])


def test_a_redis_cluster_is_refused_by_name(world):
    server = add(world, Redis, more=["--cluster-enabled", "yes",
                                     "--cluster-config-file", "nodes.conf"])

    probe = cache(world, "REDIS", addr=server.address)

    assert probe.process.wait(30) == 1
    assert "Redis Cluster, which is not supported" in probe.log.read_text()


# --- discovery --------------------------------------------------------------------------------

RECORDS = ["--host-record=a.test,127.0.0.1,::1", "--host-record=b.test,127.0.0.2",
           "--srv-host=_x._tcp.test,a.test,9001", "--srv-host=_x._tcp.test,b.test,9002",
           "--cname=alias.test,b.test"]


def test_addresses_are_looked_up_at_a_name_server(world):
    server = add(world, NameServer, RECORDS)
    probe = add(world, Probe, "dns", server.address)

    assert probe.ask("lookup", "dns+a.test:1") == "[::1]:1"
    assert probe.ask("lookup", "dns+b.test:1", "10.0.0.1:2") == "127.0.0.2:1 10.0.0.1:2"
    assert probe.ask("lookup", "dns+alias.test:1") == "127.0.0.2:1"
    assert probe.ask("lookup", "dnsdualstack+a.test:1") == "[::1]:1 127.0.0.1:1"
    assert sorted(probe.ask("lookup", "dnssrv+_x._tcp.test").split()) == [
        "127.0.0.2:9002", "[::1]:9001"]
    assert sorted(probe.ask("lookup", "dnssrvnoa+http://_x._tcp.test").split()) == [
        "http://a.test:9001", "http://b.test:9002"]
    assert probe.ask("lookup", "dns+gone.test:1") == ""
    assert probe.metric("probe_dns_failures_total{}") == 0


def test_answers_too_long_for_a_packet_are_read_over_tcp(world):
    server = add(world, NameServer, [f"--host-record=many.test,10.1.{i // 200}.{i % 200 + 1}"
                                     for i in range(400)])
    probe = add(world, Probe, "dns", server.address)

    assert len(set(probe.ask("lookup", "dns+many.test:1").split())) == 400


def test_the_last_results_are_kept_while_the_name_server_is_away(world):
    server = add(world, NameServer, RECORDS)
    probe = add(world, Probe, "dns", server.address)
    assert probe.ask("lookup", "dns+b.test:1") == "127.0.0.2:1"

    server.kill()
    answer = probe.ask("lookup", "dns+b.test:1")
    assert answer.startswith("(lookup IP addresses \"b.test\"") and answer.endswith("127.0.0.2:1")
    assert probe.metric("probe_dns_failures_total{}") == 1
    changed = add(world, NameServer, ["--host-record=b.test,127.0.0.3"], port=server.port)
    assert probe.ask("lookup", "dns+b.test:1") == "127.0.0.3:1"
    changed.kill()
    add(world, NameServer, [], port=server.port)
    assert probe.ask("lookup", "dns+b.test:1") == ""
