/** How a service that flattens its lists and maps spells them: `Attribute.1.Name`, `AttributeName.1`, `<Message>…</Message><Message>…`. */
export interface FlatShape {
  /** Form name of a list → member. */
  readonly lists: Readonly<Record<string, string>>;
  /** Form name of a map → member, and what its keys and values are called. */
  readonly maps: Readonly<Record<string, { readonly member: string; readonly key: string; readonly value: string }>>;
  /** Member of an answer → element; `Action.Member` wins over `Member`. */
  readonly elements: Readonly<Record<string, string>>;
}

/** Amazon SQS API Reference, version 2012-11-05, as command line tools from before the JSON protocol speak it. */
export const SQS_FLAT: FlatShape = {
  lists: {
    AttributeName: 'AttributeNames',
    MessageAttributeName: 'MessageAttributeNames',
    MessageSystemAttributeName: 'MessageSystemAttributeNames',
    SendMessageBatchRequestEntry: 'Entries',
    DeleteMessageBatchRequestEntry: 'Entries',
    ChangeMessageVisibilityBatchRequestEntry: 'Entries',
    TagKey: 'TagKeys',
    AWSAccountId: 'AWSAccountIds',
    ActionName: 'Actions',
  },
  maps: {
    Attribute: { member: 'Attributes', key: 'Name', value: 'Value' },
    MessageAttribute: { member: 'MessageAttributes', key: 'Name', value: 'Value' },
    MessageSystemAttribute: { member: 'MessageSystemAttributes', key: 'Name', value: 'Value' },
    Tag: { member: 'Tags', key: 'Key', value: 'Value' },
  },
  elements: {
    Messages: 'Message',
    Attributes: 'Attribute',
    MessageAttributes: 'MessageAttribute',
    Tags: 'Tag',
    QueueUrls: 'QueueUrl',
    queueUrls: 'QueueUrl',
    Results: 'ListMessageMoveTasksResultEntry',
    'SendMessageBatch.Successful': 'SendMessageBatchResultEntry',
    'DeleteMessageBatch.Successful': 'DeleteMessageBatchResultEntry',
    'ChangeMessageVisibilityBatch.Successful': 'ChangeMessageVisibilityBatchResultEntry',
    Failed: 'BatchResultErrorEntry',
  },
};
