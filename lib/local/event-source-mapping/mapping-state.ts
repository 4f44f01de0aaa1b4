/** What the last request asked of a mapping, and until when the service is busy with it. */
export interface MappingChange {
  readonly kind: 'Creating' | 'Updating' | 'Enabling' | 'Disabling';
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** The change that an update is: what it makes of `Enabled` has a name of its own. */
export function changeOf(before: boolean, after: boolean, until: number): MappingChange {
  if (before === after) return { kind: 'Updating', until };
  return { kind: after ? 'Enabling' : 'Disabling', until };
}

/**
 * The state that a mapping shows (Lambda API reference, EventSourceMappingConfiguration): a request takes effect over time, and a mapping
 * that was disabled ends the batches that it had given to the function.
 */
export function stateOf(change: MappingChange, { now, enabled, inFlight }: { now: number; enabled: boolean; inFlight: number }): string {
  if (now < change.until) return change.kind;
  if (enabled) return 'Enabled';
  return inFlight > 0 ? 'Disabling' : 'Disabled';
}
