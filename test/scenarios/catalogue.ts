/** What is promised, what is not, and by what means. The tests carry the numbers. */
export interface Guarantee {
  readonly id: `G${number}`;
  readonly promise: string;
  readonly notPromised: string;
  readonly mechanism: string;
}

/** The promises whose parts exist. */
export const GUARANTEES: readonly Guarantee[] = [
  {
    id: 'G1',
    promise: 'No message is lost whose commit was acknowledged.',
    notPromised: 'That a commit without an acknowledgement did not happen: ask again with the same idempotency key.',
    mechanism: 'The message is a row in the transaction of the business write; it stays pending until its publication is confirmed.',
  },
  {
    id: 'G2',
    promise: 'No message is published whose commit did not happen.',
    notPromised: '–',
    mechanism: 'There is no way to send beside the transaction.',
  },
  {
    id: 'G3',
    promise: 'The effects of a message happen once for each consumer, whatever crashes, is repeated or times out.',
    notPromised: 'Effects outside of the unit of work: they happen at least once, under an idempotency key that stays the same.',
    mechanism: 'The marker of a handled message is written in the transaction of its effects.',
  },
  {
    id: 'G4',
    promise: 'The messages of one key take effect in the order of their commits, none skipped, with a consumer in order.',
    notPromised: 'Order between keys, or with a consumer without order; a message that fails for good leaves a gap, and its key goes on.',
    mechanism: 'Sequence numbers from a head item in the transaction; one message of a key at a time; FIFO groups.',
  },
  {
    id: 'G5',
    promise: 'A message that cannot be handled is parked after its attempts, with its reason.',
    notPromised: 'That an attempt is counted whose process dies at the first receive: nothing was written before it.',
    mechanism: 'Attempts are counted in the inbox, from the second receive on before each run; a suspect runs last and alone.',
  },
  {
    id: 'G6',
    promise:
      'Nothing is dropped in silence: each message ends with each of its consumers as applied, dead-lettered, undelivered or parked.',
    notPromised: 'For ever, without a failure store: a dead-letter queue keeps a letter for 14 days.',
    mechanism:
      'Every queue, subscription and stream has somewhere to leave what it cannot pass on; a failure store keeps it before the queue lets it go, and counts it in the same transaction.',
  },
  {
    id: 'G7',
    promise: 'What is redriven is neither lost nor applied again, and of each time it is on file who did it and what came of it.',
    notPromised:
      'Its old place in the order of its key; full counts of a redrive whose runner was overtaken by another, because a clock was wrong: what is on file of each failure is complete.',
    mechanism:
      'Markers outlive every queue; they are found by the message’s own id, not by that of its copy. A redrive claims, sends, and puts on file, in this order; whoever comes next ends what was claimed.',
  },
  {
    id: 'G12',
    promise: 'Once faults end, everything drains, without a storm of calls.',
    notPromised: 'A time: a caller’s and a consumer’s backoff decide it.',
    mechanism: 'Backoff with jitter and caps, a circuit breaker in the relay, a sweeper for what the stream missed.',
  },
  {
    id: 'G13',
    promise: 'A consumer, a topic or a key that is in trouble costs the others nothing.',
    notPromised: 'Speed while they share a throttled table.',
    mechanism: 'Chains for each key, lanes for each destination, markers and queues for each consumer.',
  },
  {
    id: 'G14',
    promise: 'Input that cannot be understood is parked byte for byte; it never stops a batch and never disappears.',
    notPromised: 'One copy: a letter is sent before its message is deleted.',
    mechanism: 'Each record is read by itself; what fails is sent to the dead-letter queue with a failure record.',
  },
];

/** One way in which naive code loses, repeats or blocks messages. */
export interface Scenario {
  readonly id: `S${number}`;
  readonly guarantees: readonly Guarantee['id'][];
  /** What happens. */
  readonly happens: string;
  /** What stands against it. */
  readonly mechanism: string;
}

const scenario = (id: Scenario['id'], guarantees: Scenario['guarantees'], happens: string, mechanism: string): Scenario => ({
  id,
  guarantees,
  happens,
  mechanism,
});

/** The scenarios whose parts exist. */
export const SCENARIOS: readonly Scenario[] = [
  scenario(
    'S1',
    ['G1', 'G3'],
    'The relay publishes and dies before its checkpoint.',
    'The id is in the row; inbox and FIFO deduplication know it.',
  ),
  scenario('S2', ['G1'], '`PublishBatch` answers 200 with a failed entry.', 'Every entry’s result is read; the row stays pending.'),
  scenario(
    'S3',
    ['G1', 'G3'],
    'A failure in the middle of a stream batch replays what came after it.',
    'Replaying is normal: ids and markers.',
  ),
  scenario(
    'S4',
    ['G1'],
    'A response without a list of failures passes for success.',
    'The response is always an explicit list; rows stay pending beside it.',
  ),
  scenario('S5', ['G5', 'G13'], 'A row that can never be published blocks its shard.', 'It is parked in the outbox, and the rest goes on.'),
  scenario(
    'S6',
    ['G1'],
    'The stream has forgotten its records before they could be read.',
    'A sweeper publishes pending rows from an index.',
  ),
  scenario(
    'S7',
    ['G1', 'G2'],
    'A row expires, or its removal is published as a message.',
    'Only inserts are messages; rows of messages do not expire.',
  ),
  scenario(
    'S8',
    ['G4'],
    'The stream shows rows of one transaction in another order.',
    'The relay publishes from a key’s oldest pending row.',
  ),
  scenario(
    'S9',
    ['G4', 'G13'],
    'The second message of a key overtakes a first that failed.',
    'One chain for each key, side by side with the others.',
  ),
  scenario(
    'S10',
    ['G2', 'G3'],
    'A commit times out although it happened, and is asked for again.',
    'One token for each commit, then the marker of the idempotency key.',
  ),
  scenario('S11', ['G1'], 'A transaction that met a conflict passes for a duplicate.', 'Cancellation reasons are read one by one.'),
  scenario('S12', ['G1', 'G2'], 'The process dies between the business write and the message.', 'They are one transaction.'),
  scenario('S13', ['G1'], 'A batch is larger than SNS takes in one call.', 'Batches are packed by size and count.'),
  scenario('S14', ['G1'], 'A unit is larger than a transaction may be.', 'It is refused before any call.'),
  scenario('S15', ['G6'], 'A queue’s policy refuses what SNS delivers.', 'Each subscription has a dead-letter queue.'),
  scenario('S16', ['G6'], 'A filter with a slip drops messages.', 'Filters are derived from the definitions.'),
  scenario(
    'S17',
    ['G6'],
    'A changed filter takes a quarter of an hour to apply everywhere.',
    'A declared type that is no longer handled is acknowledged.',
  ),
  scenario('S18', ['G4', 'G6'], 'A FIFO subscription with a filter delivers at most once.', 'A FIFO subscription has none.'),
  scenario('S19', ['G6'], 'An eleventh attribute makes SNS drop a raw delivery.', 'Attributes are counted when a message is defined.'),
  scenario('S20', ['G1'], 'Deduplication by content swallows an equal event.', 'Deduplication is by id.'),
  scenario('S21', ['G3'], 'Two copies arrive at two workers at once.', 'The marker is a conditional write.'),
  scenario('S22', ['G3'], 'A lease expires under a handler that still runs.', 'Completing takes the owner’s token.'),
  scenario(
    'S23',
    ['G3'],
    'The answer to a completion is lost, and the failed run removes the marker.',
    'Only a running marker of one’s own is ever given back.',
  ),
  scenario('S24', ['G3'], 'The process dies between effect and marker.', 'They are one transaction.'),
  scenario(
    'S25',
    ['G5'],
    'A lease without an end makes a healthy message wait until it is given up.',
    'A lease ends later than now; waiting burns no attempt.',
  ),
  scenario('S26', ['G1', 'G13'], 'Two consumers share a marker.', 'The consumer is part of its key.'),
  scenario('S27', ['G3', 'G14'], 'Another body comes under the id of a handled message.', 'The marker holds a fingerprint.'),
  scenario(
    'S28',
    ['G3', 'G7'],
    'A message comes back after two weeks in dead-letter queues.',
    'Markers are kept longer than all queues together.',
  ),
  scenario('S29', ['G3'], 'A clock that is minutes fast steals a lease.', 'Time is for progress only; safety is in owner and condition.'),
  scenario(
    'S30',
    ['G1', 'G3'],
    'What a handler sends is lost or sent twice when it dies.',
    'Its messages are rows in the same transaction, under derived ids.',
  ),
  scenario(
    'S31',
    ['G3', 'G5'],
    'A handler outlasts the visibility of its message.',
    'The function’s timeout is a sixth of it; the handler is told to stop.',
  ),
  scenario(
    'S32',
    ['G5', 'G13'],
    'A message kills its process, and its batch is charged.',
    'A suspect is known by its open attempt; it runs last and alone.',
  ),
  scenario('S33', ['G5'], 'Throttled invocations burn receives.', 'Attempts are our own count.'),
  scenario('S34', ['G3'], 'What a handler did not await goes on in the next invocation.', 'A closed unit takes no more writes.'),
  scenario('S35', ['G13'], 'Messages of one process share something mutable.', 'Each has a context of its own.'),
  scenario('S36', ['G3'], 'The message could not be deleted after its success.', 'The marker is found, and the copy acknowledged.'),
  scenario('S37', ['G4'], 'A failed message of a group is overtaken.', 'The group stops; others go on.'),
  scenario(
    'S38',
    ['G4', 'G5'],
    'An exhausted message of a key leaves, and the next one takes its place.',
    'It holds its key until it passes.',
  ),
  scenario(
    'S39',
    ['G7'],
    'A message is sent back within five minutes, and its queue accepts and forgets it.',
    'Each claim of a failure has a deduplication id of its own.',
  ),
  scenario(
    'S40',
    ['G7'],
    'A redrive dies between sending and putting it on file.',
    'What is under way is written down first; sent, then put on file; the next tick goes on.',
  ),
  scenario('S41', ['G7'], 'A dead letter’s message has been handled in the meantime.', 'The marker is looked at before anything is sent.'),
  scenario(
    'S42',
    ['G5', 'G7'],
    'Poison goes back and forth for ever, and takes everything else along.',
    'Redrives of a failure are counted and capped; only what matches is sent, at a rate, after a preview.',
  ),
  scenario(
    'S43',
    ['G6'],
    'A dead letter expires soon after it arrived.',
    'Dead-letter queues keep longer than queues, and parking sends anew.',
  ),
  scenario('S55', ['G12'], 'Two handlers answer each other for ever.', 'Hops are counted and capped.'),
  scenario(
    'S56',
    ['G14'],
    'A body cannot be read, or is of an unknown type or version.',
    'Each record is read by itself, and parked with its reason.',
  ),
  scenario('S57', ['G5', 'G6'], 'A failure that never passes is tried again and again.', 'Error rules: the first that matches decides.'),
  scenario(
    'S58',
    ['G6', 'G7'],
    'What may be dropped is dropped in silence, or comes again.',
    'A discarded message has its marker, and is counted and logged.',
  ),
  scenario(
    'S59',
    ['G5', 'G12'],
    'What a consumer needs is down, and its queue’s receives are used up.',
    'The consumer pauses; deliveries stop once the schedule that resumes them is there.',
  ),
  scenario(
    'S60',
    ['G6'],
    'A process dies after it called what must not be called twice.',
    'At most once: the marker is taken before the handler is called, and never again.',
  ),
  scenario(
    'S61',
    ['G5'],
    'A wait of days starts over, is forgotten, or burns the receives of its message.',
    'The end of the wait is in the books; a schedule named after it sends the message anew, or the queue hides it again and again.',
  ),
  scenario(
    'S62',
    ['G5', 'G13'],
    'SQS gives up a message that kills its process, without a reason and with those received beside it.',
    'Near the last receive whatever failed before is parked before it runs.',
  ),
  scenario(
    'S63',
    ['G6'],
    'A dead letter is taken from its queue and never kept.',
    'SQS deletes a letter only after it is in the failure store, which drains subscriptions’ dead letters, too.',
  ),
  scenario(
    'S64',
    ['G6'],
    'A dead letter is delivered twice, and counted twice.',
    'Letters are known by their ids; a failure and the counts of its group change in one transaction.',
  ),
  scenario('S65', ['G7'], 'Two operators send back the same failures at once.', 'A claim is a conditional write.'),
  scenario(
    'S66',
    ['G5', 'G7'],
    'A mend that mends nothing is let loose on everything.',
    'Canaries go ahead; the rest waits until they are handled, and the redrive stops by itself when one is not.',
  ),
  scenario(
    'S67',
    ['G3', 'G7'],
    'A dead letter is older than the inbox remembers.',
    'It is left until somebody consents; then a copy with a new time takes its place.',
  ),
  scenario(
    'S68',
    ['G6', 'G7'],
    'A message fails again after its redrive, by a clock that is wrong.',
    'Failures are told apart by the copies that failed; each redrive sends a new one.',
  ),
  scenario(
    'S69',
    ['G7'],
    'A queue refuses what a redrive sends.',
    'Claims are taken back, and the redrive stops; resumed, it takes up what it has not sent.',
  ),
  scenario(
    'S70',
    ['G7'],
    'What may have run is sent back, and its redrive dies: nobody knows whether it has run again.',
    'It is left until somebody consents; the claim names the run that consent was given after, and only the marker of that run is deleted.',
  ),
  scenario(
    'S71',
    ['G4', 'G7'],
    'Two redrives send messages of one key past each other.',
    'An ordered consumer is a lane for one redrive until that has ended all that it claimed.',
  ),
  scenario(
    'S72',
    ['G12'],
    'What is too busy says when to come back, and is called before, or never again.',
    'A pause lasts as long as the thrower asked, between a second and a day.',
  ),
];

/** Scenarios whose parts do not exist yet, so that nothing can be shown about them. */
export const OPEN_SCENARIOS =
  'S44–S45 and G11 (claim check), S46–S50 and G8 (sagas), S51 and G9 (request-reply), S52–S54 and G10 (event store and projections)';
