"""From a study to its rounds of runs: stored ones are kept, the next one comes from the policy."""

from collections.abc import Callable, Sequence
from typing import Any

from gossamer.errors import ConfigError, StoreError
from gossamer.study.config import StudyConfig
from gossamer.study.plan.cells import Cell, cell_layers, cell_seed
from gossamer.study.plan.policies import Outcome, Policies, Policy, policy_named
from gossamer.study.plan.rounds import PlannedRun, Rounds
from gossamer.study.runner import Runner
from gossamer.study.store import Store
from gossamer.train.canonical import canonical_json
from gossamer.train.task import TASKS, Task, task_of


class Planner:
    """Rounds of a study, and the configs of their runs.

    Parameters
    ----------
    config : StudyConfig
    store : Store
    runner : Runner
    policies : mapping of str to Policy
        Those that the study may name.
    """

    def __init__(self, config: StudyConfig, store: Store, runner: Runner, policies: Policies) -> None:
        self._config = config
        self._store = store
        self._runner = runner
        self._policies = policies
        base = runner.base_tables(config.base)
        self._rounds = Rounds(store.folder / "rounds", config.plan_key(base), self._seed_of)
        self._blocks: dict[str, dict[str, Any]] = {}
        self._data: dict[str, dict[str, Any]] = {}
        self._task = ""

    def stored(self) -> list[list[PlannedRun]]:
        """Rounds that were stored, as they were stored."""
        rounds: list[list[PlannedRun]] = []
        while self._rounds.exists(len(rounds) + 1):
            rounds.append(self._rounds.read(len(rounds) + 1))
        return rounds

    def preview(self) -> list[PlannedRun]:
        """Runs of the first round, stored or not."""
        stored = self.stored()
        return stored[0] if stored else self._within_budget(self._propose([]), 0.0)

    def current(self, note: Callable[[str], None]) -> list[list[PlannedRun]]:
        """Stored rounds with the identities that their cells have today.

        An identity changes when the numbers of the program, the data or a method's source do; cells stay.
        """
        rounds: list[list[PlannedRun]] = []
        while self._rounds.exists(len(rounds) + 1):
            number = len(rounds) + 1
            try:
                runs = self._rounds.read(number)
            except StoreError as error:
                # The policy finds the same cells again: it sees the same completed rounds.
                note(f"{str(error).rstrip('.')}; round {number} is planned again.")
                rounds.append(self.next_round(rounds))
                continue
            today = self._planned([run.cell for run in runs])
            if [run.identity for run in today] != [run.identity for run in runs]:
                note(f"Round {number} is of another version of program or data and is trained anew.")
                self._rounds.save(number, today)
            rounds.append(today)
        return rounds

    def next_round(self, completed: Sequence[list[PlannedRun]]) -> list[PlannedRun]:
        """Next round, stored before it is returned; empty when the study or its budget is complete."""
        outcomes = [[self._outcome(run) for run in runs] for runs in completed]
        spent = sum(run.cost for runs in completed for run in runs)
        planned = self._within_budget(self._propose(outcomes), spent)
        if planned:
            self._rounds.save(len(completed) + 1, planned)
        return planned

    def explain(self, settled: Callable[[str], bool]) -> str:
        """What the policy says of the rounds that are complete, those before the first with an open run."""
        explain = self._policy().explain
        if explain is None:
            return ""
        rounds: list[list[Outcome]] = []
        for runs in self.stored():
            if not all(settled(run.identity) for run in runs):
                break
            rounds.append([self._outcome(run) for run in runs])
        return explain(self._config, rounds)

    def config_of(self, run: PlannedRun) -> str:
        """Config of a planned run, as JSON text for a worker."""
        return self._runner.config_of(self.run_tables(run.cell))

    def keep_labels(self) -> None:
        """Put the labels of all data sets of the planned runs into the store."""
        for checksum, tables in self._data.items():
            try:
                self._store.read_labels(checksum)
            except StoreError:
                self._store.save_labels(checksum, self._runner.labels(tables))

    def run_tables(self, cell: Cell) -> dict[str, Any]:
        """Tables of the run config of a cell."""
        *shared, level, seed = cell_layers(self._config, cell)
        if cell.block not in self._blocks:
            self._blocks[cell.block] = self._runner.resolve(self._config.base, shared)
        return self._runner.resolve(self._blocks[cell.block], [{**level, **seed}])

    def task(self, runs: Sequence[PlannedRun]) -> Task:
        """What the networks of these runs predict; a study has one task (a classification without runs)."""
        return task_of(self.run_tables(runs[0].cell)) if runs else TASKS["classification"]

    def _seed_of(self, cell: Cell) -> int | None:
        """Seed that a cell has by its level and replicate; None for a block that the study does not have."""
        block = next((block for block in self._config.all_blocks() if block.name == cell.block), None)
        return None if block is None else cell_seed(self._config, block, cell.level, cell.replicate)

    def _propose(self, outcomes: Sequence[Sequence[Outcome]]) -> list[PlannedRun]:
        return self._planned(self._policy().propose(self._config, outcomes))

    def _policy(self) -> Policy:
        return policy_named(self._policies, self._config.refinement.policy)

    def _planned(self, cells: Sequence[Cell]) -> list[PlannedRun]:
        """Runs of cells; those that differ by their seed alone are described together, which is fast."""
        groups: dict[str, list[int]] = {}
        for number, cell in enumerate(cells):
            groups.setdefault(canonical_json([cell.block, dict(cell.level)]), []).append(number)
        planned: dict[int, PlannedRun] = {}
        for numbers in groups.values():
            tables = self.run_tables(cells[numbers[0]])
            self._hold_task(task_of(tables).name)
            facts = self._runner.describe(tables, [cells[number].seed for number in numbers])
            for number, fact in zip(numbers, facts, strict=True):
                self._data[fact.data] = tables
                planned[number] = PlannedRun(cells[number], fact.identity, fact.cost, fact.epochs)
        return [planned[number] for number in range(len(cells))]

    def _hold_task(self, name: str) -> None:
        self._task = self._task or name
        if name != self._task:
            raise ConfigError(
                f"This study mixes {self._task} and {name}, whose scores cannot be compared; make a study of "
                "each data.task."
            )

    def _outcome(self, run: PlannedRun) -> Outcome:
        try:
            found = self._store.held(run.identity)
            found.hold_to(run.cell.level)
        except StoreError:
            return Outcome(run.cell, run.identity, run.cost, None)
        return Outcome(run.cell, run.identity, run.cost, found.summary)

    def _within_budget(self, planned: list[PlannedRun], spent: float) -> list[PlannedRun]:
        limit = self._config.budget.cost
        if limit is None:
            return planned
        kept: list[PlannedRun] = []
        for run in planned:
            spent += run.cost
            if spent > limit:
                break
            kept.append(run)
        return kept
