import { CALM, drawSwarm, type Swarm } from '../../lib/simulation/swarm.ts';

/** Under what contenders are compared: the same for all of them, seed by seed. */
export interface Circumstances {
  readonly name: string;
  /** In a sentence, for whoever reads the figures. */
  readonly description: string;
  swarmOf(seed: number): Swarm;
}

const always = (name: string, description: string, swarm: Swarm): Circumstances => ({ name, description, swarmOf: () => swarm });

/** From nothing at all to everything at once. */
export const CIRCUMSTANCES: readonly Circumstances[] = [
  always('calm', 'nothing goes wrong', CALM),
  always('duplicates', 'batches delivered twice at once, answers of functions lost, copies in the queue; no call fails', {
    rates: { duplicate: 0.3, loseResponse: 0.15, queueCopy: 0.15 },
    kinds: [],
  }),
  always('crashes', 'the process dies before or after one call in fifty', {
    rates: { fault: 0.02 },
    kinds: ['crashBefore', 'crashAfter'],
  }),
  always('throttles', 'three calls in ten are refused without effect', { rates: { fault: 0.3 }, kinds: ['throttle'] }),
  always('lost answers', 'one call in fifty has its effect and no answer', { rates: { fault: 0.02 }, kinds: ['errorAfterEffect', 'slow'] }),
  always(
    'wrong clocks',
    'clocks up to half a minute off, far more than those of Lambda are, and batches delivered twice at once; no call fails',
    {
      rates: { skew: 0.1, duplicate: 0.3 },
      kinds: [],
    },
  ),
  { name: 'everything', description: "each seed's own subset of all troubles, call faults up to one in four", swarmOf: drawSwarm },
];
