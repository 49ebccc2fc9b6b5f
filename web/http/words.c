/*
 * words.c - the words of pages: labels of fields and checks, and what codes mean,
 * in Chinese and English by the glossary of the domain.
 *
 * One table of terms.  Its order is the order in which people read the fields of
 * an object.  A term says how its value is written: as it stands, as a code out of
 * a closed list, as a time.  What is not in the table is shown under its own key,
 * with the technical fields, so nothing is hidden by an omission here.
 */
#include "web/http/http.h"

static const struct web_term terms[] = {
	/* who and what */
	{"number", "编号", "Number", WEB_MONO}, {"id", "编号", "Number", WEB_MONO}, {"jti", "编号", "Number", WEB_MONO},
	{"login", "用户名", "Login", WEB_MONO}, {"name", "名称", "Name", WEB_TEXT}, {"asset_name", "数据资产名称", "Data asset name", WEB_TEXT},
	{"asset_no", "资产编号", "Asset number", WEB_MONO}, {"asset", "数据资产", "Data asset", WEB_TEXT},
	{"assets", "数据资产", "Data assets", WEB_TEXT}, {"certificates", "数据资产证书", "Data Asset Certificates", WEB_MONO},
	{"state", "状态", "State", WEB_STATE}, {"kind", "类别", "Kind", WEB_KIND},
	{"holder", "持有单位", "Holder", WEB_TEXT}, {"implementer", "实施机构", "Implementing institution", WEB_TEXT},
	{"operator", "运营机构", "Operating institution", WEB_TEXT}, {"user", "用数主体", "User", WEB_TEXT}, {"usci", "统一社会信用代码", "Unified social credit code", WEB_MONO},
	{"issuer", "颁证部门", "Issuing department", WEB_MONO}, {"org", "所属单位", "Organisation", WEB_MONO}, {"person", "人员", "Person", WEB_MONO},
	{"roles", "角色", "Roles", WEB_ROLE}, {"applicant", "申请人", "Applicant", WEB_TEXT}, {"requested_at", "申请时间", "Requested", WEB_TEXT},
	{"certificate", "数据资产证书", "Data Asset Certificate", WEB_MONO}, {"authorisation", "授权", "Authorisation", WEB_MONO},
	{"parent", "所属授权", "Under authorisation", WEB_TEXT}, {"product", "产品和服务", "Product or service", WEB_TEXT},
	/* how long */
	{"not_before", "生效时间", "Valid from", WEB_TEXT}, {"not_after", "截止时间", "Valid to", WEB_TEXT}, {"nbf", "生效时间", "Valid from", WEB_EPOCH},
	{"exp", "截止时间", "Valid to", WEB_EPOCH}, {"iat", "签发时间", "Issued", WEB_EPOCH}, {"years", "年限（年）", "Term (years)", WEB_TEXT},
	/* scope; first the asset card's block that stands before its rights */
	{"basic", "基本信息", "Basic", WEB_TEXT},
	{"mode", "授权模式", "Mode of authorisation", WEB_MODE}, {"modes", "可用授权模式", "Modes of authorisation", WEB_MODE},
	{"grant", "授权范围", "Scope", WEB_TEXT}, {"rights", "数据产权", "Data Property Rights", WEB_RIGHT}, {"actions", "许可行为", "Actions", WEB_ACTION},
	{"purposes", "用途", "Purposes", WEB_PURPOSE}, {"domains", "领域", "Domains", WEB_TEXT}, {"scenarios", "场景", "Scenarios", WEB_TEXT},
	{"territory", "地域（行政区划）", "Territory (divisions)", WEB_MONO}, {"environment", "使用环境", "Environment", WEB_TEXT},
	{"quota", "限额", "Quota", WEB_TEXT}, {"unit", "单位", "Unit", WEB_TEXT}, {"limit", "上限", "Limit", WEB_TEXT},
	{"depth", "转授权层级", "Sub-authorisation depth", WEB_TEXT}, {"terms", "使用条件", "Terms", WEB_TEXT}, {"fee", "费用", "Fee", WEB_TEXT},
	{"restrictions", "禁止事项", "Prohibited", WEB_RESTRICTION}, {"duties", "吊销后义务", "Duties on revocation", WEB_DUTY},
	{"binding", "持有人绑定", "Holder binding", WEB_BINDING}, {"audience", "适用服务地址", "Audience", WEB_MONO},
	{"reason", "理由", "Reason", WEB_REASON}, {"note", "说明", "Note", WEB_TEXT}, {"result", "结论", "Result", WEB_RESULT}, {"tokens", "许可令牌数", "License tokens", WEB_TEXT},
	{"version", "版本", "Version", WEB_TEXT}, {"card_version", "卡片版本", "Card version", WEB_TEXT},
	{"region", "行政区划", "Division", WEB_MONO}, {"class", "资产分类", "Asset class", WEB_TEXT}, {"scheme", "分类体系", "Scheme", WEB_TEXT}, {"code", "代码", "Code", WEB_MONO},
	{"key_origin", "证书密钥", "Certificate's key", WEB_ORIGIN},
	/* the asset card */
	{"card", "资产卡片", "Asset card", WEB_TEXT}, {"rights{}", "权利信息", "Rights", WEB_TEXT},
	{"use", "使用信息", "Use", WEB_TEXT}, {"management", "管理信息", "Management", WEB_TEXT},
	{"overview", "概述", "Overview", WEB_TEXT}, {"class_scheme", "分类体系", "Class scheme", WEB_TEXT}, {"class_code", "分类代码", "Class code", WEB_MONO},
	{"accounting_subject", "会计科目", "Accounting subject", WEB_TEXT}, {"industry", "所属行业", "Industry", WEB_MONO}, {"source_kind", "数据来源", "Source", WEB_TEXT},
	{"source_note", "来源说明", "Note on the source", WEB_TEXT}, {"geo_scope", "地域范围", "Geographic scope", WEB_TEXT}, {"geo_codes", "地域代码", "Divisions", WEB_MONO},
	{"time_from", "时域起", "Data from", WEB_TEXT}, {"time_to", "时域止", "Data to", WEB_TEXT}, {"update_freq", "更新频率", "Updates", WEB_TEXT},
	{"volume_rows", "数据量（行）", "Rows", WEB_TEXT}, {"volume_bytes", "数据量（字节）", "Octets", WEB_TEXT}, {"form", "数据形态", "Form", WEB_TEXT},
	{"structure", "结构化程度", "Structure", WEB_TEXT}, {"schema_ref", "数据结构", "Schema", WEB_TEXT}, {"dictionary_ref", "数据字典", "Dictionary", WEB_TEXT},
	{"storage", "存储方式", "Storage", WEB_TEXT}, {"acquired_on", "取得日期", "Acquired", WEB_TEXT}, {"book_value", "账面原值", "Book value", WEB_TEXT},
	{"value_basis", "计价依据", "Basis of the value", WEB_TEXT}, {"source_authority", "来源合法性依据", "Lawful source", WEB_TEXT},
	{"personal_info", "涉及个人信息", "Personal information", WEB_PERSONAL}, {"legal_basis", "法律依据", "Legal basis", WEB_TEXT}, {"dispute", "权属争议", "Ownership dispute", WEB_TEXT},
	{"encumbrance", "权利负担", "Encumbrances", WEB_TEXT}, {"third_party_consent", "共享提供单位同意", "Supplying unit's consent", WEB_TEXT},
	{"public_data", "公共数据", "Public data", WEB_TEXT}, {"public_data_basis", "公共数据依据", "Basis as public data", WEB_TEXT},
	{"use_state", "使用状态", "State of use", WEB_TEXT}, {"scenes", "应用场景", "Scenarios", WEB_TEXT}, {"products", "产品和服务", "Products and services", WEB_TEXT},
	{"restrict", "限制范围", "Limits", WEB_TEXT}, {"data_level", "数据分级", "Data level", WEB_LEVEL}, {"mgr_dept", "管理部门", "Department in charge", WEB_TEXT},
	{"mgr_person", "责任人", "Person in charge", WEB_TEXT}, {"sec_policy", "安全制度", "Security rules", WEB_TEXT}, {"emergency_plan", "应急预案", "Emergency plan", WEB_TEXT},
	{"risk_assessment", "安全风险评估", "Risk assessment", WEB_TEXT}, {"evidence_no", "存证编号", "Evidence deposit", WEB_MONO},
	{"nda_query_code", "公共数据资源登记查询码", "Query code", WEB_MONO}, {"sj_cert_no", "数据产权登记凭证编号", "Data Property Rights Registration number", WEB_MONO},
	{"quality_score", "数据质量评价", "Quality", WEB_TEXT}, {"inventory_on", "最近盘点日", "Last inventory", WEB_TEXT},
	/* requests */
	{"proposal", "授权方案", "Proposal", WEB_TEXT}, {"documents", "佐证文件", "Documents", WEB_TEXT}, {"level", "级次", "Level", WEB_TEXT},
	{"div6", "行政区划", "Division", WEB_MONO}, {"dept", "主管部门", "Superior department", WEB_MONO}, {"finance", "本级财政部门", "Finance department", WEB_MONO},
	{"affiliates", "关联方", "Affiliates", WEB_MONO}, {"dishonest", "失信", "On a list of dishonest bodies", WEB_TEXT}, {"mlps", "网络安全等级保护", "Cyber security protection level", WEB_TEXT},
	{"asked_by", "申请单位", "Asked by", WEB_MONO}, {"asked_at", "申请时刻的系统时间", "The clock when asked", WEB_TEXT},
	{"drift", "时钟偏移（秒）", "Jump of the clock (seconds)", WEB_TEXT}, {"suspended_by", "暂停方", "Suspended by", WEB_ROLE},
	/* answers of commands; how a batch went */
	{"approval", "审批", "Approval", WEB_MONO}, {"waiting_for", "待审批方", "Waits for", WEB_TEXT}, {"role", "角色", "Role", WEB_ROLE},
	{"task", "批量任务", "Batch", WEB_MONO}, {"done", "已办理", "Done", WEB_TEXT}, {"set_aside", "已搁置", "Set aside", WEB_TEXT}, {"item", "条目", "Item", WEB_MONO},
	{"line", "行", "Line", WEB_TEXT}, {"column", "列", "Column", WEB_TEXT}, {"rule", "规则", "Rule", WEB_TEXT}, {"basis", "性质", "Basis", WEB_BASIS},
	{"clause", "条款", "Clause", WEB_TEXT}, {"detail", "说明", "Explanation", WEB_TEXT}, {"faults", "错误", "Faults", WEB_TEXT},
	{"secret_lines", "涉密行（未存储）", "Lines marked secret (not stored)", WEB_TEXT}, {"imported", "已导入", "Imported", WEB_TEXT}, {"good", "合格行", "Good lines", WEB_TEXT},
	{"unchanged", "未变化", "Unchanged", WEB_TEXT}, {"dry_run", "试导入", "Dry run", WEB_TEXT}, {"refused", "未受理", "Refused", WEB_TEXT}, {"partial", "部分导入", "Import the good lines", WEB_TEXT},
	{"issued", "已签发", "Issued", WEB_TEXT}, {"abandoned", "已放弃", "Given up", WEB_TEXT}, {"pending", "签发中", "Being issued", WEB_TEXT}, {"published", "已发布", "Published", WEB_TEXT},
	{"warnings", "提示", "Warnings", WEB_TEXT}, {"code_first", "一次性注册码（前半部分）", "One-time code (first half)", WEB_MONO},
	{"code_second", "一次性注册码（后半部分）", "One-time code (second half)", WEB_MONO}, {"decisions", "审批意见", "Decisions", WEB_TEXT}, {"payload", "申请内容", "What is asked for", WEB_TEXT},
	{"officer", "经办人", "Officer", WEB_MONO}, {"verdict", "意见", "Verdict", WEB_STATE}, {"object", "对象", "Object", WEB_MONO}, {"mine", "可由我审批", "Mine to decide", WEB_TEXT},
	/* ledger, events, the appliance */
	{"ledger_no", "台账编号", "Ledger number", WEB_MONO}, {"catalog_ref", "数据资源目录编号", "Catalogue number", WEB_MONO}, {"shared_from", "共享来源单位", "Shared by", WEB_TEXT},
	{"decision", "决策依据", "Decision", WEB_TEXT}, {"seq", "序号", "Sequence", WEB_TEXT}, {"at", "时间", "Time", WEB_TEXT}, {"actor", "操作人", "Actor", WEB_MONO}, {"body", "内容", "Content", WEB_TEXT},
	{"demo", "演示环境", "Demo", WEB_TEXT}, {"events", "事件数", "Events", WEB_TEXT}, {"generation", "发布代次", "Generation published", WEB_TEXT}, {"base", "公开地址", "Public address", WEB_MONO},
	{"now", "系统时间", "Clock", WEB_TEXT}, {"behind", "有待完成的签发或发布", "Issuing or publishing is behind", WEB_TEXT}, {"same", "一致", "Same", WEB_TEXT}, {"rows", "行数", "Rows", WEB_TEXT},
	{"creditor", "债权人", "Creditor", WEB_TEXT}, {"versions", "版本", "Versions", WEB_TEXT}, {"accept", "同意", "Agreed", WEB_TEXT}, {"items", "条目", "Items", WEB_TEXT},
	{"key", "项", "Key", WEB_MONO}, {"value", "值", "Value", WEB_TEXT}, {"source", "依据出处", "Source", WEB_TEXT},
	{"command", "办理事项", "Act", WEB_MATTER}, {"digest", "摘要 SHA-256", "Digest, SHA-256", WEB_TECHNICAL}, {"hash", "SHA-256", "SHA-256", WEB_TECHNICAL},
	/* registration */
	{"applied_at", "申请时间", "Applied", WEB_TEXT}, {"overdue", "已逾期", "Overdue", WEB_TEXT}, {"notice_from", "公示起", "Notice from", WEB_TEXT}, {"notice_to", "公示止", "Notice to", WEB_TEXT},
	{"notice_address", "公示地址", "Address of the notice", WEB_TEXT}, {"objections", "异议", "Objections", WEB_TEXT}, {"materials", "登记材料", "Materials", WEB_TEXT},
	{"type", "登记类型", "Type", WEB_KIND}, {"path", "办理程序", "Course", WEB_KIND}, {"due", "办理期限", "Due", WEB_EPOCH}, {"late", "逾期", "Late", WEB_TEXT},
	{"registration", "登记", "Registration", WEB_MONO}, {"text", "文本", "Text", WEB_TEXT}, {"size", "大小（字节）", "Octets", WEB_TEXT}, {"former", "原状态", "Former state", WEB_STATE},
	/* imports of the ledger, its counts */
	{"import", "导入编号", "Import", WEB_MONO}, {"encoding", "文件编码", "Encoding", WEB_TEXT}, {"entered", "已录入", "Entered", WEB_TEXT}, {"faults_total", "错误总数", "Faults in all", WEB_TEXT},
	{"secret_total", "涉密行数", "Lines marked secret, in all", WEB_TEXT}, {"ignored", "未采用的列", "Columns passed over", WEB_TEXT}, {"title", "列名", "Heading", WEB_TEXT},
	{"corrected_rows", "待更正行数", "Lines to correct", WEB_TEXT}, {"summary", "概述", "Overview", WEB_TEXT}, {"formed_by", "形成方式", "Formed by", WEB_TEXT}, {"more", "其他信息", "More", WEB_TEXT},
	{"entries", "条目数", "Entries", WEB_TEXT}, {"undecided", "未作结论", "Not decided", WEB_TEXT}, {"unconfirmed", "待确认", "To be confirmed", WEB_TEXT}, {"memo", "备查管理", "Memoranda", WEB_TEXT},
	{"not_assets", "不予确认", "Not recognised", WEB_TEXT}, {"registered", "已登记", "Registered", WEB_TEXT}, {"certificated", "已颁证", "Certificated", WEB_TEXT},
	{"registered_bp", "应登尽登率（万分之一）", "Registered (basis points)", WEB_TEXT}, {"total", "合计", "Total", WEB_TEXT},
	{"day", "日期", "Day", WEB_TEXT}, {"challenge", "质询文本", "Challenge", WEB_TEXT}, {"used_by", "用于", "Used by", WEB_MONO},
	/* versions of cards, encumbrances, overrides */
	{"newest", "最新版本", "Newest version", WEB_TEXT}, {"in_force", "现行", "In force", WEB_TEXT}, {"draft", "草稿", "Draft", WEB_TEXT}, {"by", "填报人", "By", WEB_MONO},
	{"block", "信息块", "Block", WEB_TEXT}, {"zh", "中文名称", "In Chinese", WEB_TEXT}, {"en", "英文名称", "In English", WEB_TEXT},
	{"from", "自", "From", WEB_TEXT}, {"to", "至", "To", WEB_TEXT}, {"old_text", "原内容", "Was", WEB_TEXT}, {"new_text", "新内容", "Is", WEB_TEXT},
	{"origin", "来源主体类型", "Kind of its first holder", WEB_KIND}, {"collateral", "权利负担", "Encumbrances", WEB_TEXT}, {"override", "规则突破", "Override", WEB_TEXT},
	{"approver", "批准人", "Approver", WEB_MONO}, {"carding", "建卡必填", "Needed for a card", WEB_TEXT}, {"path26", "26号登记必填", "Needed for 26号's registration", WEB_TEXT},
	{"choices", "可选值", "Choices", WEB_TEXT}, {"loaded", "已加载", "Loaded", WEB_TEXT},
	/* people, deputies, roles */
	{"behalf", "被代理人", "On behalf of", WEB_MONO}, {"principal", "委托人", "Principal", WEB_MONO}, {"deputy", "代理人", "Deputy", WEB_MONO}, {"owner", "归属", "Owner", WEB_MONO},
	{"mine_as", "以代理身份审批", "Mine as deputy of", WEB_MONO}, {"chain", "审批链", "Chain of approval", WEB_TEXT}, {"levels", "层级数", "Levels", WEB_TEXT}, {"approved_by", "批准人", "Approved by", WEB_MONO},
	{"to_confirm", "须确认的矛盾", "To be confirmed", WEB_TEXT}, {"contradiction", "矛盾", "Contradiction", WEB_TEXT}, {"delegation", "代理编号", "Delegation", WEB_MONO},
	{"ended_at", "终止时间", "Ended", WEB_TEXT}, {"delegations_ended", "已终止的代理", "Delegations ended", WEB_TEXT}, {"approvals", "移交的审批", "Approvals handed over", WEB_TEXT},
	{"open_requests", "未办结的申请", "Open requests", WEB_TEXT}, {"organisations", "单位", "Organisations", WEB_TEXT}, {"may", "职责", "What it may do", WEB_TEXT}, {"reads", "可查阅", "Reads", WEB_MATTER},
	{"changes", "可办理或变更", "Changes", WEB_MATTER}, {"asks", "可申请", "Asks for", WEB_MATTER}, {"decides", "可审批", "Decides", WEB_MATTER}, {"deputy_for", "代理", "Deputy for", WEB_TEXT},
	{"did", "所办事项", "What was done", WEB_TEXT}, {"n", "次数", "Times", WEB_TEXT}, {"division", "行政区划名称", "Division's name", WEB_TEXT}, {"affiliate_of", "被列为关联方于", "Affiliate of", WEB_MONO},
	{"direction", "方向", "Direction", WEB_KIND}, {"through", "截至事件", "Through event", WEB_TEXT},
	{"was", "原内容", "Was", WEB_TEXT}, {"what", "重置内容", "What is reset", WEB_TEXT},
	/* reports */
	{"report", "报告", "Report", WEB_MONO}, {"period", "报告期", "Period", WEB_MONO}, {"period_name", "报告期名称", "Period's name", WEB_TEXT}, 
	{"section", "栏目", "Section", WEB_TEXT}, {"figures", "指标", "Figures", WEB_TEXT}, {"amounts", "金额", "Amounts", WEB_TEXT}, {"lists", "清单", "Lists", WEB_TEXT}, {"value_fen", "金额", "Amount", WEB_TEXT}, {"counted", "计数口径", "How it is counted", WEB_TEXT},
	{"units", "分单位主要指标", "Units side by side", WEB_TEXT}, {"pilot", "试点单位", "Pilot unit", WEB_TEXT}, {"difference", "与上期比较", "Difference to the last report", WEB_TEXT},
	{"before", "上期", "Before", WEB_TEXT}, {"change", "增减", "Change", WEB_TEXT}, {"before_fen", "上期", "Before", WEB_TEXT}, {"now_fen", "本期", "Now", WEB_TEXT},
	{"change_fen", "增减", "Change", WEB_TEXT}, {"returns", "并入报表", "Returns taken in", WEB_TEXT}, {"texts", "正文", "Texts", WEB_TEXT}, {"paragraphs", "段落数", "Paragraphs", WEB_TEXT},
	{"submitted_at", "提交时间", "Submitted", WEB_TEXT}, {"fixed_at", "定稿时间", "Fixed", WEB_TEXT}, {"fixed_under", "定稿审批", "Fixed under", WEB_MONO}, {"as_of", "数据截至", "As of", WEB_TEXT},
	{"pilot_plan", "试点方案、负责人和联系人", "Plan, who is in charge", WEB_TEXT}, {"self", "本单位基本情况", "About itself", WEB_TEXT}, 
	{"fee_caps", "收费上限标准", "Fee caps", WEB_TEXT}, {"fees", "实际收费标准", "Actual fees", WEB_TEXT}, {"accounts", "成本、收入和利润", "Costs, income and profit", WEB_TEXT},
	{"deviation", "与最高准许收入的偏离", "Deviation from the maximum permitted revenue", WEB_TEXT}, {"rules", "制度建设", "Rules made", WEB_TEXT}, {"cases", "典型案例", "Cases", WEB_TEXT},
	{"risks", "风险防控情况说明", "Risks", WEB_TEXT}, {"problems", "存在的问题", "Problems", WEB_TEXT}, {"corrected", "问题整改", "Corrected", WEB_TEXT}, {"proposals", "意见建议和下一步安排", "Proposals", WEB_TEXT},
	/* plans of authorised operation, with their agreements */
	{"plan", "实施方案", "Plan", WEB_TEXT}, {"course", "办理程序", "Course", WEB_KIND}, {"study", "论证和评估", "Study", WEB_TEXT},
	{"feasibility", "可研论证", "Feasibility study", WEB_TEXT}, {"due_diligence", "尽职调查", "Due diligence", WEB_TEXT}, {"risk_evaluation", "评估", "Risk evaluation", WEB_TEXT},
	{"security_rules", "安全制度", "Security rules", WEB_TEXT}, {"consent", "提供单位同意", "Consent", WEB_TEXT}, {"covers", "论证内容", "What the study covers", WEB_TEXT},
	{"life_cycle", "全生命周期服务", "Life-cycle service", WEB_TEXT}, {"social_need", "社会需求", "Social need", WEB_TEXT}, {"market_size", "市场规模", "Market size", WEB_TEXT},
	{"expected_effect", "预期成效", "Expected effect", WEB_TEXT}, {"risk_control", "风险管控", "Risk control", WEB_TEXT}, {"deliberation", "集体审议", "Deliberation", WEB_TEXT},
	{"mark", "标记", "Mark", WEB_TEXT}, {"record", "扫描件材料", "Scan", WEB_TEXT}, {"doc_no", "文号", "Document number", WEB_TEXT},
	{"doc_date", "文件日期", "Date of the document", WEB_TEXT}, {"document", "文件", "Document", WEB_TEXT}, {"obligations", "权利义务", "Rights and duties", WEB_TEXT}, {"development", "产业和行业发展", "Industry and sector development", WEB_TEXT}, {"asset_management", "资产管理", "Asset management", WEB_TEXT},
	{"necessity", "必要性和可行性", "Necessity and feasibility", WEB_TEXT},
	{"conditions", "条件", "Conditions", WEB_TEXT}, {"funds", "资金", "Funds", WEB_TEXT}, {"technology", "技术", "Technology", WEB_TEXT}, {"service", "服务", "Service", WEB_TEXT},
	{"security", "安全", "Security", WEB_TEXT}, {"resources", "资源范围和目录", "Resources", WEB_TEXT}, {"catalogue", "目录", "Catalogue", WEB_TEXT},
	{"quality", "质量", "Quality", WEB_TEXT}, {"term", "期限", "Term", WEB_TEXT}, {"content", "内容", "Content", WEB_TEXT}, {"support", "技术支撑", "Technical support", WEB_TEXT},
	{"progress", "进度安排", "Progress", WEB_TEXT}, {"public", "公共治理和公益事业", "Public governance and welfare", WEB_TEXT}, {"accounting", "成本和收入核算", "Accounting", WEB_TEXT},
	{"supervision", "监督考核", "Supervision", WEB_TEXT}, {"selection", "选择结果", "Selection", WEB_TEXT}, {"method", "选择方式", "Method", WEB_KIND},
	{"evidence", "证明材料", "Evidence", WEB_TEXT}, {"notice", "公告", "Notice", WEB_TEXT}, {"place", "载体", "Place", WEB_TEXT}, {"address", "地址", "Address", WEB_TEXT},
	{"exclusive", "排他性条款", "Exclusive terms", WEB_TEXT}, {"agreement", "授权运营协议", "Agreement", WEB_TEXT}, {"scope", "范围", "Scope", WEB_TEXT},
	{"platform", "技术支撑平台", "Platform", WEB_TEXT}, {"ownership", "资产权属", "Ownership", WEB_TEXT}, {"disclosure", "信息披露", "Disclosure", WEB_TEXT},
	{"to_disclose", "待披露内容", "To be disclosed", WEB_TEXT}, {"no_redevelopment", "不得参与再开发", "No re-development", WEB_TEXT}, {"income", "收益分配", "Income", WEB_TEXT},
	{"shares", "分配比例", "Shares", WEB_TEXT}, {"party", "分配方", "Party", WEB_MONO}, {"bp", "基点", "Basis points", WEB_TEXT}, {"remainder", "尾差归属", "Remainder", WEB_MONO},
	{"evaluation", "运营成效评价", "Evaluation", WEB_TEXT}, {"months", "周期（月）", "Months", WEB_TEXT}, {"renewal", "续约机制", "Renewal", WEB_TEXT}, {"exit", "退出机制", "Exit", WEB_TEXT},
	{"breach", "违约责任", "Breach", WEB_TEXT}, {"disputes", "争议解决", "Disputes", WEB_TEXT}, {"termination", "变更和终止", "Termination", WEB_TEXT},
	{"other", "其他", "Other", WEB_TEXT}, {"purpose", "用途类", "Purpose", WEB_PURPOSE}, {"standard", "技术标准", "Technical standard", WEB_TEXT},
	{"security_review", "安全审核", "Security review", WEB_TEXT}, {"conformity", "业务规范性审核", "Conformity review", WEB_TEXT}, {"filing", "备案", "Filing", WEB_TEXT},
	{"filing_no", "备案号", "Number of the filing", WEB_MONO},
	/* products, prices, disclosure */
	{"seller", "销售方", "Seller", WEB_TEXT}, {"delivery", "交付方式", "Delivery", WEB_KIND}, {"price_form", "价格形式", "Form of the price", WEB_KIND},
	{"use_condition", "使用方式", "Use", WEB_KIND}, {"charge_basis", "收费形式", "Charged for", WEB_KIND}, {"fee_fen", "收费标准", "Fee", WEB_TEXT}, {"cap_fen", "上限收费标准", "Fee cap", WEB_TEXT},
	{"over_cap", "超过上限", "Above the cap", WEB_TEXT}, {"data_use", "数据资源使用情况", "Data used", WEB_TEXT},
	{"borne_by_public", "由社会公众负担", "Borne by the public", WEB_TEXT}, {"cost", "成本构成", "Cost breakdown", WEB_TEXT}, {"amount_fen", "金额", "Amount", WEB_TEXT},
	{"nda_code", "公共数据资源登记查询码", "Query code", WEB_MONO}, {"nda_to", "登记有效期至", "Registered to", WEB_TEXT}, {"price", "核定价格", "Approved price", WEB_TEXT},
	{"maximum_fen", "最高准许收入", "Maximum permitted revenue", WEB_TEXT}, {"computed_fen", "测算最高准许收入", "Maximum by computation", WEB_TEXT}, {"carried_fen", "上一周期结转扣减", "Carried down", WEB_TEXT},
	{"cost_fen", "经营成本", "Operating cost", WEB_TEXT}, {"subsidy_fen", "财政补贴", "Subsidy", WEB_TEXT}, {"net_cost_fen", "扣减补贴后成本", "Net cost", WEB_TEXT}, {"profit_fen", "准许利润", "Profit", WEB_TEXT},
	{"tax_fen", "税金", "Tax", WEB_TEXT}, {"caps", "上限收费标准", "Fee caps", WEB_TEXT}, {"volume", "预计业务量（每年）", "Expected volume of a year", WEB_TEXT}, {"review_due", "评估校核期限", "Review due", WEB_TEXT},
	{"reviews", "年度比较", "Years", WEB_TEXT}, {"year", "年度", "Year", WEB_TEXT}, {"limit_fen", "准许收入", "Permitted revenue", WEB_TEXT}, {"actual_fen", "实际收入", "Actual revenue", WEB_TEXT},
	{"deviation_bp", "偏离（万分之一）", "Deviation (basis points)", WEB_TEXT}, {"adjust", "应调整", "To be adjusted", WEB_KIND}, {"excess_fen", "超收", "Excess", WEB_TEXT}, {"updated", "更新时间", "Updated", WEB_TEXT},
	{"recorded_at", "补录时间", "Recorded", WEB_TEXT},
	/* revenue, remittances, statements */
	{"payer", "付款方代码", "Payer", WEB_MONO}, {"payer_name", "付款方名称", "Payer's name", WEB_TEXT}, {"gross_fen", "收入总额", "Gross", WEB_TEXT},
	{"net_fen", "净收入", "Net", WEB_TEXT}, {"paid_fen", "已缴", "Paid", WEB_TEXT}, {"short_fen", "欠缴", "Still due", WEB_TEXT}, {"refund_fen", "应退", "To be refunded", WEB_TEXT},
	{"period_from", "所属期间起", "Period from", WEB_TEXT}, {"period_to", "所属期间止", "Period to", WEB_TEXT}, {"paid_on", "收付款日期", "Paid on", WEB_TEXT},
	{"budget_year", "预算年度", "Budget year", WEB_TEXT}, {"funded_by", "付款资金来源", "Payer's funds", WEB_KIND}, {"gov_platform", "付款方为政府平台公司", "Payer is a platform of the government", WEB_TEXT},
	{"reasons", "暂挂原因", "Held because", WEB_HOLD}, {"count", "次数", "How many", WEB_TEXT},
	{"invoice", "发票", "Invoice", WEB_TEXT}, {"disposal", "处置批准文件", "Approval of the disposal", WEB_TEXT},
	{"fund", "缴库方式", "Goes to", WEB_KIND}, {"account", "科目", "Account", WEB_KIND}, {"remittances", "应缴款", "Remittances", WEB_TEXT},
	{"remittance", "应缴款", "Remittance", WEB_MONO}, {"booked_by", "入账单位", "Booked by", WEB_MONO}, {"counters", "所冲销的收益", "Counters", WEB_MONO}, {"countered_by", "冲销凭证", "Countered by", WEB_MONO},
	{"counter", "冲销凭证", "Counter-entry", WEB_MONO}, {"revenue", "收益", "Revenue", WEB_MONO}, {"revenue_state", "收益状态", "State of the revenue", WEB_STATE}, {"statements", "对账流水", "Rows that prove it", WEB_TEXT},
	{"slip", "缴款书号", "Payment slip", WEB_MONO}, {"subject", "预算收入科目", "Subject code", WEB_MONO}, {"receipt", "国库回单号", "Treasury receipt", WEB_MONO}, {"payments", "缴款记录", "Payments", WEB_TEXT},
	{"row", "流水", "Row", WEB_MONO}, {"counterparty", "对方代码", "Counterparty", WEB_MONO}, {"counterparty_name", "对方名称", "Counterparty's name", WEB_TEXT}, {"reference", "摘要", "Reference", WEB_TEXT},
	{"matched", "已匹配", "Matched", WEB_TEXT}, {"unmatched", "未匹配", "Not matched", WEB_TEXT}, {"how", "匹配方式", "Matched by", WEB_KIND}, {"circular", "疑似资金回流", "Money that goes round", WEB_MONO},
	{"again", "此前已导入", "Imported before", WEB_TEXT},
	/* for machines */
	{"values", "指标数据", "Figures by key", WEB_TECHNICAL}, {"consolidated", "合并数据", "Consolidated figures", WEB_TECHNICAL}, {"figures_sha256", "指标 SHA-256", "Figures' SHA-256", WEB_TECHNICAL},
	{"kinds", "错误种类", "Kinds of faults", WEB_TECHNICAL}, {"overrides", "规则突破", "Overrides", WEB_TECHNICAL},
	{"spki", "持有人公钥", "Holder's key", WEB_TECHNICAL}, {"spki_sha256", "公钥 SHA-256", "Key's SHA-256", WEB_TECHNICAL},
	{"code_sha256", "注册码前半部分 SHA-256", "SHA-256 of the code's first half", WEB_TECHNICAL},
	{"serial", "证书序列号", "Serial number", WEB_TECHNICAL}, {"sha256", "SHA-256", "SHA-256", WEB_TECHNICAL},
	{"certificate_sha256", "证书 SHA-256", "Certificate's SHA-256", WEB_TECHNICAL}, {"card_hash", "卡片 SHA-256", "Card's SHA-256", WEB_TECHNICAL},
	{"card_sha256", "卡片 SHA-256", "Card's SHA-256", WEB_TECHNICAL}, {"sample_hash", "样例 SHA-256", "Sample's SHA-256", WEB_TECHNICAL},
	{"ledger", "台账记录", "Ledger entry", WEB_TECHNICAL}, {"status", "状态列表位置", "Place in the status list", WEB_TECHNICAL},
	{"authorisation_status", "授权状态位置", "Place of the authorisation's status", WEB_TECHNICAL}, {"iss", "签发地址", "Issuer's address", WEB_TECHNICAL},
	{"cnf", "持有人公钥", "Holder's key", WEB_TECHNICAL}, {"vct", "凭证类型", "Type", WEB_TECHNICAL}, {"previous", "前一版本", "Previous version", WEB_TECHNICAL},
	{"pem", "证书（PEM）", "Certificate (PEM)", WEB_LONG}, {"compact", "凭证全文（可粘贴到核验页）", "Whole credential (paste it to verify)", WEB_LONG},
	{NULL, NULL, NULL, WEB_TEXT},
};

static const struct {
	enum web_form form;
	const char *code, *zh, *en;
} words[] = {
	{WEB_STATE, "ACTIVE", "有效", "in force"}, {WEB_STATE, "SUSPENDED", "已暂停（冻结）", "suspended"}, {WEB_STATE, "PENDING", "签发中", "being issued"},
	{WEB_STATE, "REVOKING", "已冻结，撤销待批准", "suspended, revocation awaits approval"}, {WEB_STATE, "WITHDRAWN", "已撤销", "withdrawn"},
	{WEB_STATE, "CANCELLED", "已注销", "deregistered"}, {WEB_STATE, "TRANSFERRED", "已划转", "transferred"}, {WEB_STATE, "SUPERSEDED", "已换发", "superseded"}, {WEB_STATE, "EXPIRED", "已过期", "expired"},
	{WEB_STATE, "ENDING", "已暂停，收回待确认", "suspended, its end awaits approval"}, {WEB_STATE, "RECLAIMED", "已收回", "reclaimed"}, {WEB_STATE, "TERMINATED", "已终止", "terminated"},
	{WEB_STATE, "REVOKED", "已吊销", "revoked"}, {WEB_STATE, "LEDGERED", "已列入台账", "in the ledger"}, {WEB_STATE, "RECOGNISED", "已作出确认结论", "recognised"},
	{WEB_STATE, "CONFIRMED", "已确认", "confirmed"}, {WEB_STATE, "CARDED", "已建卡片", "has an asset card"}, {WEB_STATE, "APPLIED", "已申请登记", "registration applied for"},
	{WEB_STATE, "REVIEWED", "主管部门已审核", "reviewed by the superior department"}, {WEB_STATE, "ACCEPTED", "财政部门已受理", "accepted by the finance department"},
	{WEB_STATE, "REGISTERED", "已登记", "registered"}, {WEB_STATE, "CERTIFICATED", "已颁证", "certificated"}, {WEB_STATE, "OPEN", "待审批", "waits for a decision"},
	{WEB_STATE, "APPROVED", "已批准", "approved"}, {WEB_STATE, "REFUSED", "已驳回", "refused"}, {WEB_STATE, "DISABLED", "已停用", "disabled"},
	{WEB_KIND, "ADMIN", "行政单位", "administrative body"}, {WEB_KIND, "INST", "事业单位", "public institution"}, {WEB_KIND, "MASS", "人民团体、群团组织", "mass organisation"},
	{WEB_KIND, "SOE", "国有企业", "state-owned enterprise"}, {WEB_KIND, "UTIL", "公用企业", "utility"}, {WEB_KIND, "ENT", "其他企业", "other enterprise"},
	{WEB_KIND, "operator", "运营机构产品", "operator's product"}, {WEB_KIND, "redeveloped", "再开发产品", "re-developed product"},
	{WEB_KIND, "free", "有条件无偿使用", "conditional free use"}, {WEB_KIND, "paid", "有条件有偿使用", "conditional paid use"},
	{WEB_ACTION, "QUERY", "查询", "query"}, {WEB_ACTION, "VERIFY", "核验", "verification"}, {WEB_ACTION, "MODEL_CALL", "模型调用", "model calls"},
	{WEB_ACTION, "DOWNLOAD_PRODUCT", "下载产品", "download of products"}, {WEB_ACTION, "REDEVELOP", "再开发", "re-development"},
	{WEB_PURPOSE, "PUBGOV", "公共治理", "public governance"}, {WEB_PURPOSE, "WELFARE", "公益事业", "public welfare"}, {WEB_PURPOSE, "INDUSTRY", "产业发展", "industrial development"},
	{WEB_PURPOSE, "SECTOR", "行业发展", "sector development"},
	{WEB_RIGHT, "HOLD", "数据持有权", "Right to Hold Data"}, {WEB_RIGHT, "USE", "数据使用权", "Right to Use Data"}, {WEB_RIGHT, "OPER", "数据经营权", "Right to Operate Data"},
	{WEB_MODE, "WHOLE", "整体授权", "whole"}, {WEB_MODE, "DOMAIN", "分领域授权", "by domain"}, {WEB_MODE, "SCENE", "依场景授权", "by scenario"},
	{WEB_RESTRICTION, "noCollateral", "不得担保质押", "collateral and pledge"}, {WEB_RESTRICTION, "noSubLicence", "不得转授权", "sub-authorisation"},
	{WEB_RESTRICTION, "noExport", "不得出境", "export"}, {WEB_RESTRICTION, "noResale", "不得转售", "resale"}, {WEB_RESTRICTION, "noRawDelivery", "不得交付原始数据", "delivery of raw data"},
	{WEB_DUTY, "STOP", "停止使用", "stop using"}, {WEB_DUTY, "DELETE", "删除数据", "delete the data"}, {WEB_DUTY, "RETAIN_DERIVED", "可保留衍生成果", "derived results may be kept"},
	{WEB_BINDING, "key", "持有人公钥", "the holder's key"}, {WEB_BINDING, "mtls", "网关客户端证书", "the gateway's client certificate"}, {WEB_BINDING, "named", "记名（须另行核对使用者）", "by name (the user has to be established)"},
	{WEB_ROLE, "MOF", "财政部", "Ministry of Finance"}, {WEB_ROLE, "FINANCE", "财政部门", "finance department"}, {WEB_ROLE, "SUPERIOR", "主管部门", "superior department"},
	{WEB_ROLE, "HOLDER", "持有单位", "holder"}, {WEB_ROLE, "IMPLEMENTER", "实施机构", "implementing institution"}, {WEB_ROLE, "GOV", "本级人民政府", "government"},
	{WEB_ROLE, "DATA_BUREAU", "数据管理部门", "data bureau"}, {WEB_ROLE, "DRC", "发展改革部门", "development and reform commission"}, {WEB_ROLE, "OPERATOR", "运营机构", "operating institution"},
	{WEB_ROLE, "DEVELOPER", "再开发主体", "developer"}, {WEB_ROLE, "USER", "用数主体", "user"}, {WEB_ROLE, "EXCHANGE", "数据交易所", "exchange"},
	{WEB_ROLE, "ASSESSOR", "第三方机构", "assessor"}, {WEB_ROLE, "AUDITOR", "审计监督", "auditor"},
	{WEB_REASON, "privilegeWithdrawn", "撤销（隐瞒、虚假、伪造、非法获利）", "withdrawal (concealment, falsehood, forgery, unlawful gain)"},
	{WEB_REASON, "cessationOfOperation", "注销（不再持有或使用）", "deregistration (no longer held or used)"}, {WEB_REASON, "superseded", "变更、更正、续展", "change, correction, renewal"},
	{WEB_REASON, "affiliationChanged", "划转", "transfer to another holder"}, {WEB_REASON, "keyCompromise", "密钥泄露", "key compromise"},
	{WEB_REASON, "0", "无", "none"}, {WEB_REASON, "1", "密钥泄露", "key compromise"}, {WEB_REASON, "3", "划转", "transfer to another holder"}, {WEB_REASON, "4", "变更、更正、续展", "change, correction, renewal"},
	{WEB_REASON, "5", "注销", "deregistration"}, {WEB_REASON, "6", "冻结", "suspension"}, {WEB_REASON, "9", "撤销", "withdrawal"},
	{WEB_LEVEL, "GENERAL", "一般数据", "general"}, {WEB_LEVEL, "IMPORTANT", "重要数据", "important"}, {WEB_LEVEL, "CORE", "核心数据", "core"},
	{WEB_PERSONAL, "NONE", "不涉及", "none"}, {WEB_PERSONAL, "DEIDENTIFIED", "已去标识化", "de-identified"}, {WEB_PERSONAL, "ANONYMISED", "已匿名化", "anonymised"}, {WEB_PERSONAL, "RAW", "原始个人信息", "raw"},
	{WEB_ORIGIN, "none", "无（不能证明持有人身份）", "none (proves no holder)"}, {WEB_ORIGIN, "holder", "持有单位自有密钥", "the holder's own"},
	{WEB_CHECK, "form", "格式", "form"}, {WEB_CHECK, "algorithm", "签名算法", "algorithm"}, {WEB_CHECK, "chain", "证书链", "chain"}, {WEB_CHECK, "signer", "签名者", "signer"},
	{WEB_CHECK, "signer status", "签名者状态", "signer's status"}, {WEB_CHECK, "signature", "签名", "signature"}, {WEB_CHECK, "time", "有效期", "validity"}, {WEB_CHECK, "status", "状态", "status"},
	{WEB_CHECK, "asset status", "数据资产状态", "data asset's status"}, {WEB_CHECK, "authorisation status", "授权状态", "authorisation's status"}, {WEB_CHECK, "narrowing", "不超出上级授权", "within what it rests on"},
	{WEB_CHECK, "scope", "用途范围", "scope of the use"}, {WEB_CHECK, "restrictions", "禁止事项", "prohibited acts"}, {WEB_CHECK, "holder", "持有人", "holder"}, {WEB_CHECK, "quota", "限额", "quota"},
	{WEB_OUTCOME, "pass", "✔ 通过", "✔ passed"}, {WEB_OUTCOME, "fail", "✘ 不通过", "✘ failed"}, {WEB_OUTCOME, "unknown", "？ 无法确定", "? unknown"},
	{WEB_OUTCOME, "not requested", "未要求", "not requested"}, {WEB_OUTCOME, "not applicable", "不适用", "not applicable"},
	{WEB_CREDENTIAL, "token", "许可令牌", "license token"}, {WEB_CREDENTIAL, "authorisation", "授权凭证", "authorisation credential"},
	{WEB_CREDENTIAL, "certificate", "数据资产证书", "Data Asset Certificate"}, {WEB_CREDENTIAL, "status-list", "状态列表", "status list"}, {WEB_CREDENTIAL, "crl", "证书吊销列表", "certificate revocation list"},
	{WEB_CREDENTIAL, "unknown", "无法识别的内容", "something unknown"},
	{WEB_MATTER, "organisation.add", "登记单位", "Enter an organisation"}, {WEB_MATTER, "certificate.issue", "颁发数据资产证书", "Issue Data Asset Certificates"},
	{WEB_MATTER, "certificate.resume", "解除证书冻结", "Resume a certificate"}, {WEB_MATTER, "certificate.revoke", "撤销或注销证书", "Revoke a certificate"},
	{WEB_MATTER, "authorisation.grant", "授权运营", "Grant an authorisation"}, {WEB_MATTER, "authorisation.resume", "恢复授权", "Resume an authorisation"},
	{WEB_MATTER, "authorisation.reclaim", "收回授权", "Reclaim an authorisation"}, {WEB_MATTER, "authorisation.surrender", "运营机构退出授权", "Surrender of an authorisation"},
	{WEB_MATTER, "token.resume", "恢复许可令牌", "Resume a license token"}, {WEB_MATTER, "user.add", "登记用户", "Enter a user"}, {WEB_MATTER, "user.disable", "停用用户", "Disable a user"},
	{WEB_MATTER, "clock.reset", "确认系统时间", "Confirm the clock"},
	{WEB_STATE, "INVITED", "待注册", "invited"}, {WEB_STATE, "APPROVE", "批准", "approve"}, {WEB_STATE, "REJECT", "驳回", "reject"},
	{WEB_RESULT, "ASSET", "确认为数据资产", "a data asset"}, {WEB_RESULT, "MEMO", "备查管理", "kept as a memorandum"}, {WEB_RESULT, "NOT", "不予确认", "not recognised"},
	{WEB_STATE, "SUBMITTED", "已提交", "submitted"}, {WEB_STATE, "RETURNED", "已退回补正", "returned"}, {WEB_STATE, "RECALLED", "已撤回", "taken back"},
	{WEB_STATE, "NOTICED", "公示中", "under public notice"}, {WEB_STATE, "FROZEN", "已冻结", "frozen"}, {WEB_STATE, "UPHELD", "异议成立", "upheld"}, {WEB_STATE, "DISMISSED", "异议不成立", "dismissed"},
	{WEB_KIND, "INITIAL", "首次登记", "initial"}, {WEB_KIND, "CHANGE", "变更登记", "change"}, {WEB_KIND, "CORRECTION", "更正登记", "correction"}, {WEB_KIND, "RENEWAL", "续展登记", "renewal"},
	{WEB_KIND, "TRANSFER", "转移登记", "transfer"}, {WEB_KIND, "CANCEL", "注销登记", "cancellation"}, {WEB_KIND, "DESTROY", "注销登记（销毁）", "cancellation, data destroyed"},
	{WEB_KIND, "SHORT", "简易程序", "short path"}, {WEB_KIND, "26", "26号文程序", "course of 26号"},
	{WEB_KIND, "SUBJECT", "主体材料", "who holds it"}, {WEB_KIND, "SOURCE", "来源材料", "where it comes from"}, {WEB_KIND, "RESOURCE", "资源说明", "what it is"}, {WEB_KIND, "EVIDENCE", "存证材料", "evidence deposit"},
	{WEB_KIND, "PRODUCTS", "产品和服务", "products and services"}, {WEB_KIND, "SCENES", "应用场景", "scenarios"}, {WEB_KIND, "RISK", "安全风险评估", "risk assessment"},
	{WEB_KIND, "SEC_POLICY", "安全制度", "security rules"}, {WEB_KIND, "EMERGENCY_PLAN", "应急预案", "emergency plan"}, {WEB_KIND, "OTHER", "其他", "other"},
	{WEB_MATTER, "profile.adopt", "变更政策配置", "Change the policy profile"}, {WEB_MATTER, "rule.override", "突破规则", "Let a rule through once"},
	{WEB_STATE, "RELEASED", "已解除", "released"}, {WEB_STATE, "USED", "已使用", "used"}, {WEB_STATE, "RUNNING", "进行中", "under way"}, {WEB_STATE, "DONE", "已完成", "done"},
	{WEB_STATE, "ENDED", "已提前终止", "ended early"}, {WEB_STATE, "FUTURE", "尚未开始", "not begun"},
	{WEB_MATTER, "organisation.change", "变更单位信息", "Change an organisation"}, {WEB_MATTER, "organisation.import", "批量登记单位", "Enter a list of organisations"},
	{WEB_MATTER, "division.load", "加载行政区划表", "Load divisions"}, {WEB_MATTER, "user.move", "调动用户或变更角色", "Move a user"}, {WEB_MATTER, "user.deputise", "设立代理", "Name a deputy"},
	{WEB_MATTER, "user.undeputise", "提前终止代理", "End a delegation early"}, {WEB_MATTER, "user.handover", "离任交接并停用", "Hand over on leaving"},
	{WEB_MATTER, "user.reset", "重置密码或动态口令", "Reset password or factor"}, {WEB_MATTER, "asset.unfreeze", "解除资产冻结", "Lift the freezing of an asset"},
	{WEB_MATTER, "registration.execute", "办理登记", "Carry out a registration"}, {WEB_MATTER, "registration.withdraw", "撤销登记", "Withdraw a registration"},
	{WEB_STATE, "AWAITING_NUMBER", "待资产编号", "waits for its asset number"}, {WEB_MATTER, "offline.record", "线下办理补录", "Record an act on paper"},
	{WEB_STATE, "FIXED", "已定稿", "fixed"}, {WEB_STATE, "REOPENED", "已退回修改", "opened again"}, {WEB_STATE, "DRAFT", "草稿", "draft"}, {WEB_STATE, "DUE", "尚未提交", "not submitted yet"}, {WEB_STATE, "MILESTONE", "时间节点", "milestone"},
	{WEB_KIND, "half-year", "试点半年报告", "half-year pilot report"}, {WEB_KIND, "state-asset", "国有资产报告", "state-owned asset report"},
	{WEB_KIND, "implementer-disclosure", "实施机构信息披露", "implementer's disclosure"}, {WEB_KIND, "operator-disclosure", "运营机构信息披露", "operator's disclosure"},
	{WEB_KIND, "operator-year", "授权运营年度报告", "operator's yearly report"}, {WEB_MATTER, "report.approve", "报告定稿", "Fix a report"},
	{WEB_MATTER, "legacy.import", "历史补录", "Enter what predates the appliance"},
	{WEB_STATE, "DESTROYED", "已销毁", "destroyed"},
	{WEB_KIND, "PLEDGE", "质押", "pledge"}, {WEB_KIND, "MORTGAGE", "抵押", "mortgage"}, {WEB_KIND, "GUARANTEE", "保证", "guarantee"}, {WEB_KIND, "CREDIT", "增信", "credit enhancement"},
	{WEB_KIND, "TRUST", "担保信托", "security trust"},
	{WEB_STATE, "ON_SALE", "在售", "on sale"}, {WEB_STATE, "IN_FORCE", "现行", "in force"}, {WEB_STATE, "REPLACED", "已被替代", "replaced"},
	{WEB_KIND, "API", "接口", "API"}, {WEB_KIND, "DATASET", "数据集", "data set"}, {WEB_KIND, "MODEL", "模型", "model"}, {WEB_KIND, "VERIFY", "核验", "verification"}, {WEB_KIND, "REPORT", "报告", "report"},
	{WEB_KIND, "VISUAL", "可视化", "visualisation"}, {WEB_KIND, "INDEX", "指数", "index"}, {WEB_KIND, "APP", "应用", "application"},
	{WEB_KIND, "FREE", "免费", "free"}, {WEB_KIND, "GUIDED", "政府指导价（上限）", "government-guided, capped"}, {WEB_KIND, "MARKET", "市场调节价", "market price"},
	{WEB_KIND, "FREE_COND", "有条件无偿", "conditional free use"}, {WEB_KIND, "PAID_COND", "有条件有偿", "conditional paid use"},
	{WEB_KIND, "ITEMS", "产品数量", "number of products"}, {WEB_KIND, "SERVICES", "服务次数", "times of service"}, {WEB_KIND, "TIME", "服务时间", "time of service"}, {WEB_KIND, "CALLS", "数据调用量", "calls"},
	{WEB_KIND, "NONE", "无需调整", "nothing"}, {WEB_KIND, "FEE", "具体收费标准", "the fee"}, {WEB_KIND, "CAP", "上限收费标准", "the cap"}, {WEB_KIND, "price-review", "价格评估校核", "review of a price"},
	{WEB_KIND, "PRICE", "核定价格文件", "document of a price"}, {WEB_MATTER, "price.record", "补录核定价格", "Record an approved price"},
	{WEB_STATE, "HELD", "已暂挂", "held"}, {WEB_STATE, "BOOKED", "已入账", "booked"}, {WEB_STATE, "COUNTERED", "已冲销", "countered"}, {WEB_STATE, "COUNTER", "冲销凭证", "counter-entry"},
	{WEB_STATE, "DUE", "应缴", "due"}, {WEB_STATE, "LATE", "逾期未缴", "late"}, {WEB_STATE, "SHORT", "短缴", "short"}, {WEB_STATE, "PAID", "已缴清", "paid"},
	{WEB_KIND, "USE_FEE", "有偿使用收入", "use fee"}, {WEB_KIND, "OPERATOR_SALE", "运营服务费", "operator's sale"}, {WEB_KIND, "REDEV_SALE", "再开发收入", "re-developer's sale"}, {WEB_KIND, "DISPOSAL", "处置收入", "disposal"},
	{WEB_KIND, "NONTAX", "非税收入，缴入国库", "treasury, non-tax revenue"}, {WEB_KIND, "UNIT", "纳入单位预算", "the unit's own budget"}, {WEB_KIND, "CAPITAL", "国有资本收益", "state capital gains"}, {WEB_KIND, "OWN", "按自身规定（自有）", "own"},
	{WEB_KIND, "FISCAL", "财政资金", "budget money"}, {WEB_KIND, "DEBT", "举债资金", "debt"},
	{WEB_KIND, "RECEIVED", "收到款项", "received"}, {WEB_KIND, "TAX", "应交税费", "tax"}, {WEB_KIND, "SHARE", "应付收益分配款", "owed to the party"}, {WEB_KIND, "REMIT", "应缴款项", "owed to the treasury"}, {WEB_KIND, "PAID", "已付款项", "paid out"},
	{WEB_KIND, "remittance", "应缴款", "remittance"}, {WEB_KIND, "BANK", "银行流水", "bank statement"}, {WEB_KIND, "INVOICE", "发票清单", "invoices"}, {WEB_KIND, "SLIP", "缴款书", "payment slips"},
	{WEB_KIND, "IN", "收入", "in"}, {WEB_KIND, "OUT", "支出", "out"}, {WEB_KIND, "NUMBER", "按号码", "number"}, {WEB_KIND, "PAYER", "按付款方和金额", "payer and amount"}, {WEB_KIND, "HAND", "手工", "hand"}, {WEB_KIND, "CIRCULAR", "疑似资金回流", "money that goes round"},
	{WEB_HOLD, "NO_AUTHORISATION", "没有有效授权", "no authorisation in force"}, {WEB_HOLD, "NO_AGREEMENT", "没有协议条款依据", "no clause of an agreement"}, {WEB_HOLD, "NO_DELIVERY", "没有使用回执或交付凭据", "no evidence of delivery"},
	{WEB_HOLD, "SAME_BUDGET", "付款方为同级预算单位", "payer of the same budget"}, {WEB_HOLD, "LUMP_SUM", "先于交付一次性付款", "paid before delivery"}, {WEB_HOLD, "PLATFORM", "付款方为政府平台公司", "platform of the government"},
	{WEB_HOLD, "DEBT_FUNDED", "付款资金来自举债", "paid out of debt"}, {WEB_HOLD, "CIRCULAR", "资金回流", "money that goes round"}, {WEB_HOLD, "NO_DISPOSAL", "处置未见批准文件", "disposal without approval"},
	{WEB_MATTER, "revenue.clear", "解除收益暂挂", "Clear a held booking"}, {WEB_MATTER, "revenue.refuse", "否决暂挂收益", "Refuse a held booking"}, {WEB_MATTER, "revenue.counter", "冲销收益", "Counter revenue"},
	{WEB_BASIS, "asset", "数据资产", "data asset"}, {WEB_BASIS, "certificate", "数据资产证书", "Data Asset Certificate"}, {WEB_BASIS, "authorisation", "授权", "authorisation"},
	{WEB_BASIS, "product", "产品和服务", "product or service"}, {WEB_BASIS, "receivable", "应收款", "receivable"},
	{WEB_STATE, "PROPOSED", "已提出", "proposed"}, {WEB_STATE, "FEASIBILITY", "已论证评估", "studied"}, {WEB_STATE, "SUPERIOR_AUDITED", "主管部门已审核", "audited by the superior"},
	{WEB_STATE, "FINANCE_APPROVED", "已获批", "approved"}, {WEB_STATE, "PLAN_DELIBERATED", "已集体审议", "deliberated"},
	{WEB_STATE, "OPERATOR_SELECTED", "已选定运营机构", "operator selected"}, {WEB_STATE, "AGREED", "已签订协议", "agreed"}, {WEB_STATE, "FILED", "已备案", "filed"},
	{WEB_KIND, "FULL", "完整程序", "full course"}, {WEB_KIND, "OPEN_TENDER", "公开招标", "open tender"}, {WEB_KIND, "INVITED_TENDER", "邀请招标", "invited tender"},
	{WEB_KIND, "NEGOTIATION", "谈判", "negotiation"}, {WEB_KIND, "OTHER_FAIR", "其他公平竞争", "other fair competition"}, {WEB_MATTER, "plan.approve", "实施方案审核审批", "Approve a plan"},
	{WEB_BASIS, "text", "依据", "stated by"}, {WEB_BASIS, "inferred", "推定自", "concluded from"}, {WEB_BASIS, "profile", "本级财政部门规则，参照", "rule of the finance department, after"},
};

const struct web_term *web_terms(void)
{
	return terms;
}

const struct web_term *web_term_find(const char *key)
{
	for (size_t i = 0; terms[i].key != NULL; i++)
		if (strcmp(terms[i].key, key) == 0)
			return &terms[i];
	return NULL;
}

const char *web_label(struct web_req *q, const char *key)
{
	const struct web_term *t = web_term_find(key);
	bool en = web_lang(q)[0] == 'e';
	const char *other = t == NULL ? web_label_of(q, key, en) : NULL;

	if (t == NULL)
		return other == NULL ? key : other;
	return en ? t->en : t->zh;
}

const char *web_word(struct web_req *q, enum web_form form, const char *code)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(words); i++)
		if (words[i].form == form && strcmp(words[i].code, code) == 0)
			return web_lang(q)[0] == 'e' ? words[i].en : words[i].zh;
	if (form == WEB_KIND && strchr(code, '.') != NULL) /* of an approval: a matter */
		return web_word(q, WEB_MATTER, code);
	const char *other = form == WEB_MATTER ? web_label_of(q, code, web_lang(q)[0] == 'e') : NULL;
	return other == NULL ? code : other;
}
