/** Types that every module uses without an import: what the two stand-ins send, in their own field names. */

declare namespace Discord {
  interface User {
    id: string;
    username: string;
    global_name?: string | null;
    color?: string | number;
    bot?: boolean;
    locale?: string;
    moderator?: Record<string, boolean>; // by guild id
  }

  type Role = { id: string; name: string };
  type Channel = { id: string; name: string; topic?: string | null; nsfw: boolean };

  interface Guild {
    id: string;
    name: string;
    roles: Role[];
    channels: Channel[];
    members?: string[];
    has_bot?: boolean;
  }

  interface World {
    type: "world";
    you: string;
    installed?: boolean;
    private?: { id: string; with: string }[];
    unread?: Record<string, number>; // mentions by channel id
    users: User[];
    bot: { id: string; username: string; online: boolean };
    guilds: Guild[];
    direct?: { id: string };
    commands: Command[];
    messages?: Record<string, Message[]>;
  }

  interface Command {
    id: string;
    type?: number;
    name: string;
    description: string;
    options?: CommandOption[];
    guild_id?: string;
    integration_types?: number[];
    contexts?: number[] | null;
    dm_permission?: boolean;
    nsfw?: boolean;
    default_member_permissions?: string | null;
  }

  interface CommandOption {
    type: number;
    name: string;
    description: string;
    required?: boolean;
    autocomplete?: boolean;
    choices?: Choice[];
    options?: CommandOption[];
    min_value?: number;
    max_value?: number;
    min_length?: number;
    max_length?: number;
  }

  type Choice = { name: string; value: string | number };
  type Answer = { type: string; text?: string; choices?: Choice[]; modal?: Modal; interaction_id?: string };
  type Modal = { custom_id: string; title: string; components: Component[] };

  interface Message {
    id: string;
    channel_id: string;
    type?: number;
    author: User;
    content?: string;
    flags?: number;
    timestamp: string;
    edited_timestamp?: string | null;
    mentions?: User[];
    embeds?: Embed[];
    attachments?: Attachment[];
    components?: Component[];
    referenced_message?: Message | null;
    message_reference?: { message_id?: string };
    interaction?: { name: string; user: User };
    interaction_metadata?: { name?: string; user?: User; original_response_message_id?: string };
  }

  type Media = { url: string; width?: number; height?: number; description?: string; filename?: string; size?: number };
  type Attachment = Media & { filename: string; content_type?: string };

  interface Embed {
    title?: string;
    description?: string;
    url?: string;
    color?: number | null;
    author?: { name: string };
    fields?: { name: string; value: string; inline?: boolean }[];
    image?: Media;
    footer?: { text: string };
  }

  /** A component of any kind: `type` says which of the fields it has. */
  interface Component {
    type: number;
    id?: number;
    custom_id?: string;
    components?: Component[];
    component?: Component;
    accessory?: Component;
    content?: string;
    label?: string;
    description?: string;
    style?: number;
    emoji?: { id?: string; name: string };
    url?: string;
    disabled?: boolean;
    default?: boolean;
    required?: boolean;
    placeholder?: string;
    value?: string;
    options?: { label: string; value: string; description?: string; default?: boolean; emoji?: { name: string } }[];
    default_values?: { id: string }[];
    min_values?: number;
    max_values?: number;
    min_length?: number;
    max_length?: number;
    items?: GalleryItem[];
    media?: Media;
    file?: Media;
    name?: string;
    size?: number;
    spoiler?: boolean;
    divider?: boolean;
    spacing?: number;
    accent_color?: number | null;
  }

  type GalleryItem = { media?: Media; description?: string; spoiler?: boolean };
}

declare namespace Backstage {
  type Post = (path: string, body: object) => Promise<boolean>;
  type State = { bot: Bot; vendor: Vendor };
  type Bot = { running: boolean; online: boolean; pid: number | null; started_at: number | null; log?: string[] };
  type Request = { request_id: string; status: string; prompt?: string };

  interface Vendor {
    queued_seconds: number[];
    processing_seconds: number[];
    wallet_usd: number | null;
    price_usd: number;
    callbacks: boolean;
    next?: string[];
    submitted: number;
    status_calls: number;
    callbacks_sent: number;
    requests?: Request[];
  }
}

/** What the element builder takes; see dom.js. */
type Child = Node | string | number | boolean | null | undefined | Child[];
type Props = {
  class?: string | false | null;
  key?: string;
  testid?: string;
  dataset?: Record<string, string | undefined>;
  style?: Record<string, string>;
  onClick?: (event: Event & { currentTarget: HTMLElement }) => void;
  [attribute: string]: unknown;
};
type TagOf<Selector extends string> = Selector extends `${infer Tag}.${string}` ? Tag : Selector;
type ElementOf<Selector extends string> =
  TagOf<Selector> extends keyof HTMLElementTagNameMap ? HTMLElementTagNameMap[TagOf<Selector>] : HTMLElement;
