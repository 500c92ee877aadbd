// The part of the anywidget front-end protocol that the widgets use, as types.

/** The browser's side of one Python widget: its traits `T`, and messages to and from Python. */
export interface IModel<T extends object> {
  get<K extends keyof T & string>(name: K): T[K];
  set<K extends keyof T & string>(name: K, value: T[K]): void;
  save_changes(): void;
  send(content: unknown): void;
  on(event: 'msg:custom', handler: MessageHandler): void;
  on(event: `change:${keyof T & string}`, handler: () => void): void;
  off(event: 'msg:custom', handler: MessageHandler): void;
  off(event: `change:${keyof T & string}`, handler: () => void): void;
}

export type MessageHandler = (message: unknown, buffers: DataView[]) => void;

/** Undoes what was set up. */
export type Cleanup = () => void;

export interface IWidget<T extends object> {
  initialize(context: { model: IModel<T> }): Cleanup | void;
  render(context: { model: IModel<T>; el: HTMLElement }): Cleanup | void;
}
