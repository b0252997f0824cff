// What every part of the fuzz looks like to the runner.

export interface FuzzPart {
  readonly name: string
  /** Share of the run's time. */
  readonly share: number
  /** Does a small portion of work. @returns the reproducer of a failure, or `undefined`. */
  step(): string | undefined
  /** What was done, for people. */
  summary(): readonly string[]
  dispose(): void
}
