/** Label Studio in a tab: the pages that the Jupyter server hands on, or the way to start what makes them. */
import { IFrame, ToolbarButton } from '@jupyterlab/ui-components';
import { MainAreaWidget } from '@jupyterlab/apputils';
import { Widget } from '@lumino/widgets';
import { labelIcon } from '../icons';
import { told } from '../problems';
import { type IWorkbenchModel } from '../tokens';

/** What the pages need; they may not lead the whole window away. */
const ALLOWED = [
  'allow-same-origin',
  'allow-scripts',
  'allow-forms',
  'allow-popups',
  'allow-downloads',
  'allow-modals'
] as const;

export class StudioTab extends MainAreaWidget<Widget> {
  constructor(
    readonly path: string,
    title: string,
    private readonly model: IWorkbenchModel
  ) {
    super({ content: new Widget() });
    this.id = `workbench-studio-${path.replace(/\W+/g, '-')}`;
    this.title.label = title;
    this.title.icon = labelIcon;
    this.title.caption = 'Label Studio';
    this.title.closable = true;
    this.node.dataset['testid'] = 'wb-studio';
    this.content.addClass('wb-Studio');
    const outside = () => window.open(this.url, '_blank', 'noopener');
    this.toolbar.addItem(
      'reload',
      button('Reload', () => this.frame?.setAttribute('src', this.url))
    );
    this.toolbar.addItem('outside', button('Open in a Browser Tab', outside));
    void this.look();
  }

  /** Show the pages when the server runs, else a button that starts it. */
  private async look(start = false): Promise<void> {
    this.say(start ? 'Label Studio is starting. The first time takes a minute.' : '');
    try {
      const { running } = await this.model.labels(start);
      if (this.isDisposed) {
        return;
      }
      if (running) {
        this.open();
      } else {
        this.say('Label Studio does not run.', 'Start Label Studio');
      }
    } catch (error) {
      this.say(told(error), 'Try Again');
    }
  }

  private open(): void {
    const frame = new IFrame({ sandbox: [...ALLOWED] });
    frame.url = this.url;
    frame.addClass('wb-Studio-frame');
    this.content.node.replaceChildren(frame.node);
    this.frame = frame.node.querySelector('iframe');
    this.frame?.setAttribute('title', 'Label Studio');
  }

  private say(text: string, action = ''): void {
    this.frame = null;
    const message = document.createElement('p');
    message.textContent = text;
    message.setAttribute('role', 'status');
    const body = document.createElement('div');
    body.className = 'wb-Studio-message';
    body.append(message);
    if (action) {
      const start = document.createElement('button');
      start.className = 'jp-mod-styled jp-mod-accept';
      start.textContent = action;
      start.onclick = () => void this.look(true);
      body.append(start);
    }
    this.content.node.replaceChildren(body);
  }

  private get url(): string {
    return this.model.url(`studio/${this.path}`);
  }

  private frame: HTMLIFrameElement | null = null;
}

function button(label: string, onClick: () => void): ToolbarButton {
  return new ToolbarButton({ label, onClick });
}
