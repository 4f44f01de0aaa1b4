/** Where a redrive finds its table, its stack and AWS. */
export interface Order {
  readonly endpoint: string;
  readonly table: string;
  readonly stack: string;
  /** Messages a second. */
  readonly rate: number;
}

/** From when on it may work. */
export interface Go {
  /** How far its clock is ahead: the lease of a process that was killed is over at once. */
  readonly aheadMs: number;
}

/** What the process says when the redrive has ended. */
export interface Done {
  readonly id: string;
  readonly state: string;
}

export const REGION = 'us-east-1';
export const KEYS = { accessKeyId: 'anyone', secretAccessKey: 'anything' } as const;
