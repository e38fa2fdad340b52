/** How to get out of an app's own browser; loaded only there. */

import type { InApp } from "./inApp";

/** Where each app has the way into a real browser. */
type Place = "dots_top_right" | "dots_any" | "share" | "unknown";
const PLACES: { [app in InApp]: Place } = {
  wechat: "dots_top_right",
  wecom: "dots_top_right",
  dingtalk: "dots_top_right",
  feishu: "dots_top_right",
  qq: "dots_top_right",
  weibo: "dots_top_right",
  alipay: "dots_top_right",
  douyin: "dots_top_right",
  xiaohongshu: "dots_top_right",
  baidu: "dots_any",
  facebook: "dots_any",
  instagram: "dots_top_right",
  line: "dots_any",
  linkedin: "dots_top_right",
  tiktok: "dots_any",
  other: "share",
};

export function placeOf(app: InApp | null): Place {
  return app === null ? "unknown" : PLACES[app];
}

const en = {
  title: (app: string | null) =>
    app === null ? "The camera cannot be used in this browser" : `The camera cannot be used inside ${app}`,
  lead: "Nothing is lost. Open the same link in a browser such as Safari, Chrome, Edge or Firefox, and it goes on from here.",
  places: {
    dots_top_right: "Tap ··· at the top right, then “Open in browser” (or “Open in Safari”).",
    dots_any: "Tap the menu (··· or ⋮) at a corner of the screen, then “Open in browser”.",
    share: "Look for “Open in browser” in the menu or under the share symbol.",
    unknown: "Open the link in an up-to-date browser.",
  } satisfies Record<Place, string>,
  or: "Or copy the link and paste it into the browser's address line:",
  link: "Your link",
  copy: "Copy the link",
  copied: "Copied. Now open your browser and paste it.",
  notCopied: "Please touch and hold the link above, and choose “Copy”.",
  apps: {
    wechat: "WeChat",
    wecom: "WeCom",
    dingtalk: "DingTalk",
    feishu: "Feishu",
    qq: "QQ",
    weibo: "Weibo",
    alipay: "Alipay",
    douyin: "Douyin",
    xiaohongshu: "Xiaohongshu",
    baidu: "Baidu",
    facebook: "Facebook",
    instagram: "Instagram",
    line: "LINE",
    linkedin: "LinkedIn",
    tiktok: "TikTok",
    other: "this app",
  } satisfies Record<InApp, string>,
};

const zh: typeof en = {
  title: (app) => (app === null ? "这个浏览器不能使用摄像头" : `在${app}里不能使用摄像头`),
  lead: "内容不会丢失。请用浏览器（Safari、Chrome、Edge 或 Firefox）打开同一链接，从这里继续。",
  places: {
    dots_top_right: "点右上角的 ···，再选“在浏览器打开”（或“在 Safari 中打开”）。",
    dots_any: "点屏幕角上的菜单（··· 或 ⋮），再选“在浏览器打开”。",
    share: "请在菜单或分享按钮里找“在浏览器打开”。",
    unknown: "请用较新的浏览器打开这个链接。",
  },
  or: "也可以复制链接，粘贴到浏览器的地址栏：",
  link: "您的链接",
  copy: "复制链接",
  copied: "已复制。请打开浏览器并粘贴。",
  notCopied: "请长按上面的链接，选择“复制”。",
  apps: {
    wechat: "微信",
    wecom: "企业微信",
    dingtalk: "钉钉",
    feishu: "飞书",
    qq: "QQ",
    weibo: "微博",
    alipay: "支付宝",
    douyin: "抖音",
    xiaohongshu: "小红书",
    baidu: "百度",
    facebook: "Facebook",
    instagram: "Instagram",
    line: "LINE",
    linkedin: "LinkedIn",
    tiktok: "TikTok",
    other: "这个应用",
  },
};

export function wayOutMessages(locale: string): typeof en {
  return locale === "zh" ? zh : en;
}
