/** What candidates may say about themselves, for the candidate's page and the statistics. */

const en = {
  title: "Help to check that this is fair",
  text: "If you like, say to which groups you belong. It is used for one thing only: statistics that show whether groups are treated alike. Nobody who decides about you sees it, it is in no report, and it counts for nothing. You can leave it out, change it or take it back here at any time.",
  none: "I would rather not say",
  send: "Keep it",
  kept: "Thank you. It is kept apart from your interview.",
  failed: "That did not go through. Please try again in a moment.",
  characteristics: {
    sex: "Sex",
    race_ethnicity: "Race and ethnicity",
    age_group: "Age",
  } as Record<string, string>,
  options: {
    female: "Female",
    male: "Male",
    another: "Another",
    hispanic_or_latino: "Hispanic or Latino",
    white: "White",
    black_or_african_american: "Black or African American",
    native_hawaiian_or_pacific_islander: "Native Hawaiian or Pacific Islander",
    asian: "Asian",
    american_indian_or_alaska_native: "American Indian or Alaska Native",
    two_or_more_races: "Two or more races",
    under_40: "Under 40",
    from_40: "40 and over",
  } as Record<string, string>,
};

const zh: typeof en = {
  title: "帮助我们检查是否公平",
  text: "如果您愿意，可以说明您属于哪些群体。它只有一个用途：统计各群体是否受到同等对待。决定您去留的人看不到，报告里没有，也不计分。您可以不填，也可以随时在这里修改或撤回。",
  none: "不想说明",
  send: "保存",
  kept: "谢谢。该内容与您的面试分开保存。",
  failed: "没有提交成功，请稍后再试。",
  characteristics: { sex: "性别", race_ethnicity: "种族与族裔", age_group: "年龄" },
  options: {
    female: "女",
    male: "男",
    another: "其他",
    hispanic_or_latino: "西班牙裔或拉丁裔",
    white: "白人",
    black_or_african_american: "黑人或非裔美国人",
    native_hawaiian_or_pacific_islander: "夏威夷原住民或太平洋岛民",
    asian: "亚裔",
    american_indian_or_alaska_native: "美洲印第安人或阿拉斯加原住民",
    two_or_more_races: "两个或以上种族",
    under_40: "40 岁以下",
    from_40: "40 岁及以上",
  },
};

export type DemographicsMessages = typeof en;

export function demographicsMessages(locale: string): DemographicsMessages {
  return locale === "zh" ? zh : en;
}
