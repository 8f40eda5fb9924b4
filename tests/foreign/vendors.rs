//! Fragments as vendors document them, unlike the fixtures: pages of interfaces, sets of tables in a zip, unloads.

use std::io::{Cursor, Write};

use super::support::{folder, private, put, run};
use super::{gives, kinds, scan};

/// Detections of official numbers: category, record kind, inner names.
fn numbers(run: &super::Run) -> Vec<String> {
    let mut found: Vec<String> = run
        .of_type("detection")
        .iter()
        .filter(|line| line["category"] == "es-dni")
        .map(|line| {
            let inner = line["inner"].as_array().cloned().unwrap_or_default();
            let inner: Vec<&str> = inner.iter().filter_map(|name| name.as_str()).collect();
            format!("{} {}", line["record"]["kind"].as_str().unwrap(), inner.join("!"))
        })
        .collect();
    found.sort();
    found
}

#[test]
fn zendesk_events_of_the_incremental_interface() {
    let events = r#"{"ticket_events":[{"child_events":[{"id":335,"via":"Email","via_reference_id":null,"comment_present":true,"comment_public":true,"body":"Mi DNI es 12345678Z","event_type":"Comment"},{"id":336,"status":"solved","previous_value":"open","via":"Web form","event_type":"Change"}],"id":926,"ticket_id":155,"timestamp":1382964138,"created_at":"2013-10-28T12:42:18Z","updater_id":4051141,"via":"Email","system":{"client":"Mozilla","location":"Lugo","latitude":43.0,"longitude":-7.5},"metadata":{},"event_type":"Audit"}],"next_page":null,"count":1,"end_time":1383685952}"#;
    let metrics = r#"{"ticket_metric_events":[{"id":926232157301,"ticket_id":155,"metric":"reply_time","instance_id":1,"type":"fulfill","time":"2013-10-28T12:50:18Z"},{"id":926232157302,"ticket_id":155,"metric":"agent_work_time","instance_id":0,"type":"measure","time":"2013-10-28T12:51:00Z"}],"next_page":null,"count":2,"end_of_stream":true}"#;
    let run = scan(&[("ticket_events.json", events), ("ticket_metric_events.json", metrics)]);
    assert_eq!(kinds(&run)["zendesk audit-entry"], 3);
    assert_eq!(numbers(&run), ["audit-entry "]);
}

#[test]
fn zendesk_tickets_of_the_cursor_with_metric_sets_beside_them() {
    let page = r#"{"tickets":[{"url":"https://acme.zendesk.com/api/v2/tickets/35436.json","id":35436,"external_id":"ahg35h3jh","created_at":"2009-07-20T22:55:29Z","updated_at":"2011-05-05T10:38:52Z","type":"incident","subject":"Help, my printer is on fire!","raw_subject":"{{dc.printer_on_fire}}","description":"The fire is very colorful.","priority":"high","status":"closed","recipient":"support@company.com","requester_id":20978392,"submitter_id":76872,"assignee_id":235323,"organization_id":509974,"group_id":98738,"collaborator_ids":[35334,234],"follower_ids":[35334,234],"problem_id":9873764,"has_incidents":false,"due_at":null,"tags":["enterprise","other_tag"],"via":{"channel":"web"},"custom_fields":[{"id":27642,"value":"745"}],"satisfaction_rating":{"id":1234,"score":"good","comment":"Great support!"},"sharing_agreement_ids":[84432],"metric_set":{"url":"x","id":9,"ticket_id":35436,"created_at":"2009-07-20T22:55:29Z","updated_at":"2011-05-05T10:38:52Z","group_stations":7,"assignee_stations":1,"reopens":55,"replies":322,"solved_at":"2011-05-05T10:38:52Z"}}],"after_url":"https://x","after_cursor":"MTU3NjYxMzUzOS4wfHw0Njd8","end_of_stream":true}"#;
    gives(&[("cursor.json", page)], &[("zendesk ticket", 1)], &["35436 solved 2011-05-05T10:38"]);
}

#[test]
fn jira_service_management_as_a_table_of_the_cloud() {
    let table = "Summary,Issue key,Issue id,Issue Type,Status,Project key,Priority,Resolution,Assignee,Assignee Id,Reporter,Reporter Id,Creator,Creator Id,Created,Updated,Resolved,Labels,Labels,Description,Custom field (Request Type),Custom field (Organizations),Satisfaction rating,Comment,Comment,Status Category\nAlta de línea,HD-7,10107,Service Request,Closed,HD,Medium,Done,Ada Garrote,5b1:aa,Ona Puigdevall,qm:1:2,Ona Puigdevall,qm:1:2,2015-01-05 09:00,2015-02-01 10:00,2015-01-20 17:30,vip,web,\"Mi DNI es 12345678Z\nGracias\",Solicitud,ACME,5,2015-01-06 10:00;5b1:aa;hecho,2015-01-07 10:00;qm:1:2;gracias,Done\n";
    let run = scan(&[("Jira.csv", table)]);
    assert_eq!(kinds(&run)["jira ticket"], 1);
    assert_eq!(numbers(&run), ["ticket "]);
    gives(&[("Jira.csv", table)], &[("jira ticket", 1)], &["10107 solved 2015-01-20T17:30"]);
}

#[test]
fn servicenow_unload_with_journal_mail_and_a_file_in_pieces() {
    let unload = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<unload unload_date=\"2026-03-01 10:00:00\">\n<incident action=\"INSERT_OR_UPDATE\"><active>false</active><caller_id display_value=\"Ona Puigdevall\">c1</caller_id><closed_at>2015-02-14 11:00:00</closed_at><number>INC0010001</number><opened_at>2015-01-13 10:00:00</opened_at><short_description>Baja</short_description><state>7</state><business_duration>1970-01-02 09:46:18</business_duration><sys_created_on>2015-01-13 10:00:00</sys_created_on><sys_id>i1</sys_id></incident>\n<sys_journal_field action=\"INSERT_OR_UPDATE\"><element>work_notes</element><element_id>i1</element_id><name>incident</name><sys_created_by>ada</sys_created_by><sys_created_on>2015-01-14 10:00:00</sys_created_on><sys_id>j1</sys_id><value>DNI 12345678Z</value></sys_journal_field>\n<sys_attachment action=\"INSERT_OR_UPDATE\"><content_type>text/plain</content_type><file_name>nota.txt</file_name><size_bytes>19</size_bytes><sys_id>a1</sys_id><table_name>incident</table_name><table_sys_id>i1</table_sys_id></sys_attachment>\n<sys_attachment_doc action=\"INSERT_OR_UPDATE\"><data>TWkgRE5JIGVz</data><length>9</length><position>0</position><sys_attachment display_value=\"nota.txt\">a1</sys_attachment><sys_id>d1</sys_id></sys_attachment_doc>\n<sys_attachment_doc action=\"INSERT_OR_UPDATE\"><data>IDEyMzQ1Njc4Wg==</data><length>10</length><position>1</position><sys_attachment display_value=\"nota.txt\">a1</sys_attachment><sys_id>d2</sys_id></sys_attachment_doc>\n</unload>\n";
    let run = scan(&[("incident.xml", unload)]);
    assert_eq!(numbers(&run), ["comment ", "text nota.txt"]);
    let kinds = kinds(&run);
    assert_eq!(
        (kinds["servicenow ticket"], kinds["servicenow comment"], kinds["servicenow attachment"]),
        (1, 1, 1)
    );
    gives(
        &[("incident.xml", &unload.replace("12345678Z", "-").replace("IDEyMzQ1Njc4Wg==", "IC0t"))],
        &[
            ("servicenow attachment", 1),
            ("servicenow comment", 1),
            ("servicenow other", kinds.get("servicenow other").copied().unwrap_or(2)),
            ("servicenow ticket", 1),
        ],
        &["i1 closed 2015-02-14T11:00"],
    );
}

#[test]
fn salesforce_weekly_export_in_a_zip_with_files_by_id() {
    let files: [(&str, &str); 5] = [
        (
            "Case.csv",
            "\"Id\",\"IsDeleted\",\"CaseNumber\",\"ContactId\",\"SuppliedName\",\"SuppliedEmail\",\"Status\",\"Subject\",\"Description\",\"IsClosed\",\"ClosedDate\",\"CreatedDate\",\"OwnerId\",\"SystemModstamp\"\n\"500000000000001AAA\",\"0\",\"00001026\",\"000000000000000AAA\",\"Ona Puigdevall\",\"ona.puigdevall@correo-olvido.es\",\"Closed\",\"Zmiana\",\"dane\",\"1\",\"2016-04-02 10:00:00\",\"2016-04-01 09:00:00\",\"005000000000001AAA\",\"2016-04-02 10:00:00\"\n",
        ),
        (
            "CaseComment.csv",
            "\"Id\",\"ParentId\",\"IsPublished\",\"CommentBody\",\"CreatedById\",\"CreatedDate\",\"SystemModstamp\",\"IsDeleted\"\n\"00a000000000001AAA\",\"500000000000001AAA\",\"0\",\"DNI 12345678Z\",\"005000000000001AAA\",\"2016-04-01 10:00:00\",\"2016-04-01 10:00:00\",\"0\"\n",
        ),
        (
            "EmailMessage.csv",
            "\"Id\",\"ParentId\",\"CreatedById\",\"CreatedDate\",\"SystemModstamp\",\"TextBody\",\"HtmlBody\",\"Headers\",\"Subject\",\"FromName\",\"FromAddress\",\"ToAddress\",\"CcAddress\",\"BccAddress\",\"Incoming\",\"HasAttachment\",\"Status\",\"MessageDate\",\"IsDeleted\",\"IsExternallyVisible\"\n\"02s000000000001AAA\",\"500000000000001AAA\",\"005000000000001AAA\",\"2016-04-01 11:00:00\",\"2016-04-01 11:00:00\",\"hola\",\"\",\"\",\"Zmiana\",\"Ona Puigdevall\",\"ona.puigdevall@correo-olvido.es\",\"soporte@ayuda-olvido.es\",\"\",\"\",\"1\",\"0\",\"1\",\"2016-04-01 11:00:00\",\"0\",\"1\"\n",
        ),
        (
            "ContentVersion.csv",
            "\"Id\",\"ContentDocumentId\",\"IsLatest\",\"Title\",\"PathOnClient\",\"FileType\",\"ContentSize\",\"CreatedById\",\"CreatedDate\",\"SystemModstamp\",\"IsDeleted\"\n\"068000000000001AAA\",\"069000000000001AAA\",\"1\",\"lista\",\"lista.csv\",\"CSV\",\"40\",\"005000000000001AAA\",\"2016-04-01 11:00:00\",\"2016-04-01 11:00:00\",\"0\"\n",
        ),
        ("ContentVersion/068000000000001AAA", "nif;nombre\n12345678Z;x\n"),
    ];
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        out.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        out.write_all(text.as_bytes()).unwrap();
    }
    let home = folder();
    put(home.path(), "archive/WE_00D000000000001_1.ZIP", out.finish().unwrap().into_inner());
    private(&home.path().join("archive"));
    let run = run(home.path(), &["scan", "archive", "--format", "jsonl", "--as-of", "2026-11-22"]);
    let kinds = kinds(&run);
    assert_eq!(
        (kinds["salesforce ticket"], kinds["salesforce comment"], kinds["salesforce attachment"]),
        (1, 2, 1),
        "{kinds:?}"
    );
    assert_eq!(numbers(&run), ["comment CaseComment.csv", "other ContentVersion/068000000000001AAA"]);
    assert_eq!(super::expired(&run), ["500000000000001AAA last-subject-contact 2016-04-01T11:00"]);
    let missing = run.summary()["missing"].as_array().cloned().unwrap_or_default();
    assert!(!missing.iter().any(|piece| piece["piece"] == "attachment-file"), "{missing:?}");
}

#[test]
fn otrs_articles_of_a_dump_whose_files_are_base64() {
    // <p>DNI <b>12345678Z</b></p>
    let dump = "--\n-- PostgreSQL database dump\n--\nSET standard_conforming_strings = on;\nCOPY public.article_data_mime_attachment (id, article_id, filename, content_size, content_type, content_id, content_alternative, disposition, content, create_time, create_by, change_time, change_by) FROM stdin;\n1\t9\tfile-2\t27\ttext/html; charset=\"utf-8\"\t\\N\t\\N\tinline\tPHA+RE5JIDxiPjEyMzQ1Njc4WjwvYj48L3A+\\n\t2015-01-01 10:00:00\t1\t2015-01-01 10:00:00\t1\n\\.\n";
    let inserts = "--\n-- PostgreSQL database dump\n--\nSET standard_conforming_strings = on;\nINSERT INTO public.article_data_mime_attachment (id, article_id, filename, content_type, content) VALUES (1, 9, 'file-2', 'text/html', 'PHA+RE5JIDxiPjEyMzQ1Njc4WjwvYj48L3A+\n');\n";
    for (name, text) in [("copy.sql", dump), ("inserts.sql", inserts)] {
        let run = scan(&[(name, text)]);
        assert_eq!(numbers(&run), ["text file-2"], "{name}");
    }
}

#[test]
fn slack_threads_with_edits_and_what_was_deleted() {
    let day = r#"[{"type":"message","user":"U1","text":"DNI 12345678Z","ts":"1452988821.000002","thread_ts":"1452988821.000002","reply_count":1,"replies":[{"user":"U2","ts":"1452988900.000100"}],"edited":{"user":"U1","ts":"1452988830.000000"},"user_profile":{"real_name":"Ona Puigdevall","display_name":"ona"}},{"type":"message","user":"U2","text":"ok","ts":"1452988900.000100","thread_ts":"1452988821.000002","parent_user_id":"U1"},{"type":"message","subtype":"tombstone","text":"This message was deleted.","user":"USLACKBOT","hidden":true,"ts":"1452988950.000003"},{"type":"message","subtype":"message_changed","hidden":true,"ts":"1452988960.000003","message":{"type":"message","user":"U1","text":"nuevo","ts":"1452988821.000002"},"original":{"type":"message","user":"U1","text":"antes 12345678Z","ts":"1452988821.000002"}}]"#;
    let run = scan(&[("soporte/2016-01-16.json", day), ("channels.json", "[]"), ("users.json", "[]")]);
    assert_eq!(kinds(&run)["slack comment"], 4);
    assert_eq!(numbers(&run), ["comment ", "comment "]);
}

#[test]
fn confluence_trash_and_old_versions_are_read() {
    let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<hibernate-generic datetime=\"2025-02-10 10:17:14\">\n<object class=\"Page\" package=\"com.atlassian.confluence.pages\"><id name=\"id\">5</id><property name=\"title\"><![CDATA[Alta]]></property><property name=\"contentStatus\"><![CDATA[deleted]]></property><property name=\"creationDate\">2015-01-01 10:00:00.000</property></object>\n<object class=\"BodyContent\" package=\"com.atlassian.confluence.core\"><id name=\"id\">6</id><property name=\"body\"><![CDATA[<p>DNI <strong>1234</strong>5678Z</p>]]></property><property name=\"content\" class=\"Page\" package=\"com.atlassian.confluence.pages\"><id name=\"id\">5</id></property><property name=\"bodyType\">2</property></object>\n</hibernate-generic>\n";
    let run = scan(&[("entities.xml", xml)]);
    assert_eq!(kinds(&run)["confluence article"], 1);
    assert_eq!(numbers(&run).len(), 1, "the number is one text though a tag is in it");
}

#[test]
fn mediawiki_revisions_with_what_was_hidden() {
    let xml = "<mediawiki xmlns=\"http://www.mediawiki.org/xml/export-0.11/\" version=\"0.11\" xml:lang=\"es\"><page><title>Usuario:Ona</title><ns>2</ns><id>7</id><revision><id>70</id><timestamp>2015-01-01T00:00:00Z</timestamp><contributor deleted=\"deleted\"/><comment deleted=\"deleted\"/><origin>70</origin><model>wikitext</model><format>text/x-wiki</format><text bytes=\"0\" sha1=\"x\" deleted=\"deleted\"/></revision><revision><id>71</id><parentid>70</parentid><timestamp>2015-01-02T00:00:00Z</timestamp><contributor><ip>198.51.100.23</ip></contributor><text bytes=\"13\" xml:space=\"preserve\">DNI 12345678Z</text></revision></page></mediawiki>";
    let run = scan(&[("dump.xml", xml)]);
    assert_eq!((kinds(&run)["mediawiki article"], kinds(&run)["mediawiki comment"]), (1, 2));
    assert_eq!(numbers(&run), ["comment "]);
}

/// The grid of LiveAgent, whose columns are named by the interface's language: a map of the user's own.
#[test]
fn liveagent_tables_by_a_map_of_ones_own() {
    let map = "schema: olvido/mapping/v1\nsystem: liveagent-grid\ntitle: Tabla de LiveAgent\nrecords:\n  ticket:\n    kind: ticket\n    id: código\n    recognise: [{all: [código, asunto, propietario]}]\n    fields:\n      código: {role: identifier}\n      asunto: {role: subject}\n      propietario: {role: email-address}\n      estado:\n        facts: [{fact: status, words: {L: closed, R: solved, C: open, \"*\": unknown}}]\n      cerrado: {role: time-stamp, facts: [{fact: closed_at}]}\n";
    let grid = "código;asunto;propietario;estado;cerrado\nABC-1;DNI 12345678Z;ona@correo-olvido.es;L;31.01.2016 10:00\nABC-2;x;leo@correo-olvido.es;C;\n";
    let home = folder();
    put(home.path(), "mine/mappings/grid.yaml", map);
    put(home.path(), "archive/tickets.csv", grid);
    private(&home.path().join("archive"));
    let checked = run(home.path(), &["catalogue", "check", "--policies", "mine"]);
    assert_eq!(checked.status, 0, "{}", checked.stderr);
    let run = run(
        home.path(),
        &["scan", "archive", "--policies", "mine", "--format", "jsonl", "--as-of", "2026-11-22"],
    );
    assert_eq!(kinds(&run)["liveagent-grid ticket"], 2);
    assert_eq!(super::expired(&run), ["ABC-1 closed 2016-01-31T10:00"]);
    assert_eq!(numbers(&run), ["ticket "]);
}
