# SPDX-License-Identifier: PostgreSQL
"""server - private clusters: one per system under test, same settings, kept between runs.

A cluster lives in <data>/<system>/ and listens on a Unix socket in that directory only.  It is
thrown away when the installed extension changes, so cached tables and indexes always belong to the
code that is measured.
"""
import argparse
import hashlib
import os
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2

SETTINGS = {
    "shared_buffers": "2GB",
    "maintenance_work_mem": "2GB",
    "work_mem": "64MB",
    "max_parallel_workers_per_gather": "0",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "synchronous_commit": "off",
    "fsync": "off",
    "full_page_writes": "on",
    "autovacuum": "off",
    "jit": "off",
}
CLUSTER_FORMAT = "2"


@dataclass(frozen=True)
class System:
    """What is measured: a name for the tables, a PostgreSQL bin directory and its extension."""

    name: str
    bindir: Path
    extension: str  # "vecstore" or "vector"

    @classmethod
    def parse(cls, text):
        """NAME=BINDIR; the extension is the one installed there."""
        name, _, bindir = text.partition("=")
        sharedir = Path(pg_config(bindir, "--sharedir"))
        for extension in ("vecstore", "vector"):
            if (sharedir / "extension" / f"{extension}.control").exists():
                return cls(name, Path(bindir).resolve(), extension)
        raise SystemExit(f"neither vecstore nor pgvector is installed for {bindir}")

    def fingerprint(self):
        """Changes whenever the server or the extension's library or script does."""
        digest = hashlib.sha256(CLUSTER_FORMAT.encode())
        digest.update(pg_config(self.bindir, "--version").encode())
        scripts = Path(pg_config(self.bindir, "--sharedir"), "extension")
        for file in sorted(scripts.glob(f"{self.extension}[-.]*")):
            digest.update(file.read_bytes())
        library = Path(pg_config(self.bindir, "--pkglibdir"), f"{self.extension}.so")
        digest.update(library.read_bytes())
        return digest.hexdigest()


class Cluster:
    """A server of one system.  `with Cluster(...)` starts it, and stops it unless it ran before."""

    def __init__(self, system, data_dir):
        self.system = system
        self.home = Path(data_dir).resolve() / system.name
        self.pgdata = self.home / "pgdata"
        self.was_running = False
        self.overrides = {}

    def __enter__(self):
        self.was_running = self.is_running()
        self.start()
        return self

    def __exit__(self, *_exc):
        if not self.was_running:
            self.stop()

    def start(self):
        """Make sure that the server runs and has today's code."""
        key_file, key = self.home / "fingerprint", self.system.fingerprint()
        current = key_file.exists() and key_file.read_text() == key
        if self.is_running():
            if current:
                return
            self.stop()
        if not current:
            self.create()
            key_file.write_text(key)
        self.write_settings()
        self.pg_ctl("start", "-w", "-l", str(self.home / "log"), "-o", f"-k {self.home}")
        self.ensure_database()

    def stop(self):
        self.pg_ctl("stop", "-m", "fast")

    @contextmanager
    def restarted(self, overrides):
        """Run with some other settings for a while; ends all sessions, before and after."""
        try:
            self.overrides = overrides
            self.stop()
            self.start()
            yield
        finally:
            self.overrides = {}
            self.stop()
            self.start()

    def is_running(self):
        return (self.pgdata / "postmaster.pid").exists() and subprocess.run(
            [self.program("pg_ctl"), "-D", self.pgdata, "status"],
            stdout=subprocess.DEVNULL, check=False).returncode == 0

    def create(self):
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True)
        subprocess.run([self.program("initdb"), "-D", self.pgdata, "-A", "trust", "-E", "UTF8",
                        "--locale=C", "-U", "bench", "-N"], check=True, stdout=subprocess.DEVNULL)

    def write_settings(self):
        settings = {**SETTINGS, "listen_addresses": "", **self.overrides}
        lines = [f"{name} = '{value}'\n" for name, value in settings.items()]
        (self.pgdata / "postgresql.auto.conf").write_text("".join(lines))

    def ensure_database(self):
        with self.connect("postgres") as session:
            if not session.value("SELECT count(*) FROM pg_database WHERE datname = 'bench'"):
                session.execute("CREATE DATABASE bench")
        with self.connect() as session:
            session.execute(f"CREATE EXTENSION IF NOT EXISTS {self.system.extension}")

    def connect(self, database="bench"):
        return Session(psycopg2.connect(host=str(self.home), user="bench", dbname=database))

    def environment(self):
        """What libpq programs such as pgbench need to reach the server."""
        return {"PGHOST": str(self.home), "PGUSER": "bench", "PGDATABASE": "bench"}

    def program(self, name):
        return str(self.system.bindir / name)

    def pg_ctl(self, *arguments):
        subprocess.run([self.program("pg_ctl"), "-D", self.pgdata, "-s", *arguments], check=True)


class Session:
    """An autocommit connection with the two calls the measurements need."""

    def __init__(self, connection):
        connection.autocommit = True
        self.connection = connection

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.connection.close()

    def backend_pid(self):
        return self.connection.get_backend_pid()

    def execute(self, statement, arguments=None):
        with self.connection.cursor() as cursor:
            cursor.execute(statement, arguments)

    def row(self, statement, arguments=None):
        with self.connection.cursor() as cursor:
            cursor.execute(statement, arguments)
            return cursor.fetchone()

    def rows(self, statement, arguments=None):
        with self.connection.cursor() as cursor:
            cursor.execute(statement, arguments)
            return cursor.fetchall()

    def value(self, statement, arguments=None):
        return self.row(statement, arguments)[0]

    def set(self, settings):
        for name, value in settings.items():
            self.execute("SELECT set_config(%s, %s, false)", (name, str(value)))


def pg_config(bindir, option):
    return subprocess.run([str(Path(bindir) / "pg_config"), option], check=True,
                          capture_output=True, text=True).stdout.strip()


def parse_with_server(parser):
    """Parse a by-hand program's options, with those that say which server and data to use."""
    parser.add_argument("--data", default=default_data_dir(), help="prepared sets (BENCH_DATA)")
    for option in ("--host", "--port", "--user", "--dbname"):
        parser.add_argument(option)
    return parser.parse_args()


def connect_to(options):
    """A session with the server named by parse_with_server's options; libpq's defaults apply."""
    chosen = {name: getattr(options, name) for name in ("host", "port", "user", "dbname")}
    return Session(psycopg2.connect(**{name: value for name, value in chosen.items() if value}))


def default_data_dir():
    return os.environ.get("BENCH_DATA") or str(Path(__file__).resolve().parent / "data")


def main():
    parser = argparse.ArgumentParser(description="Start or stop a benchmark cluster by hand.")
    parser.add_argument("action", choices=("start", "stop"))
    parser.add_argument("system", type=System.parse, help="NAME=BINDIR, e.g. vecstore=build/pg/bin")
    parser.add_argument("--data", default=default_data_dir(), help="home of clusters (BENCH_DATA)")
    options = parser.parse_args()
    cluster = Cluster(options.system, options.data)
    if options.action == "start":
        cluster.start()
        print(f"psql -h {cluster.home} -U bench bench")
    else:
        cluster.stop()


if __name__ == "__main__":
    main()
