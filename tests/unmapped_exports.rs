//! Exports of helpdesks no mapping knows, as their vendors document them: nobody's, read as the format they are,
//! and what stands in them is found all the same.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test fails loudly"
)]

mod support;

use support::{folder, private, put, run};

/// An official number of nobody, with its check letter.
const DNI: &str = "12345678Z";

/// File, the format its records are of, its text with the number in it.
const EXPORTS: [(&str, &str, &str); 16] = [
    (
        "freshdesk-tickets.json",
        "json",
        r#"[{"helpdesk_ticket":{"cc_email":{"cc_emails":[],"fwd_emails":[]},"created_at":"2014-01-07T14:57:55+05:30","deleted":false,"delta":true,"description":"Mi DNI es 12345678Z","display_id":138,"due_by":"2014-01-10T14:57:55+05:30","email_config_id":null,"frDueBy":"2014-01-08T14:57:55+05:30","fr_escalated":false,"group_id":null,"id":138,"isescalated":false,"notes":[{"note":{"body":"ok","private":false,"user_id":1}}],"owner_id":null,"priority":1,"requester_id":17,"responder_id":null,"source":2,"spam":false,"status":2,"subject":"Alta","ticket_type":null,"to_email":null,"trained":false,"updated_at":"2014-01-07T15:53:21+05:30","urgent":false,"status_name":"Open","requester_name":"Ona Puigdevall"}}]"#,
    ),
    (
        "freshdesk-tickets.xml",
        "xml",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<helpdesk-tickets type=\"array\"><helpdesk-ticket><account-id type=\"integer\">1</account-id><created-at type=\"datetime\">2014-01-07T14:57:55+05:30</created-at><description>Mi DNI es 12345678Z</description><display-id type=\"integer\">1</display-id><requester-id type=\"integer\">2</requester-id><responder-id type=\"integer\" nil=\"true\"/><spam type=\"boolean\">false</spam><status type=\"integer\">5</status><subject>Alta</subject></helpdesk-ticket></helpdesk-tickets>",
    ),
    (
        "intercom-conversation.json",
        "json",
        r#"{"type":"conversation","id":"515","created_at":1539897198,"updated_at":1540313117,"source":{"type":"conversation","id":"1","delivered_as":"customer_initiated","subject":"","body":"<p>Mi DNI es 12345678Z</p>","author":{"type":"user","id":"5bc","name":"Ona","email":"ona@example.com"},"attachments":[],"redacted":false},"contacts":{"type":"contact.list","contacts":[{"type":"contact","id":"5bc"}]},"admin_assignee_id":1,"open":true,"state":"open","read":true,"conversation_parts":{"type":"conversation_part.list","conversation_parts":[{"type":"conversation_part","id":"3","part_type":"comment","body":"<p>ok</p>","created_at":1539897198,"author":{"type":"admin","id":"1"},"attachments":[],"redacted":false}],"total_count":1}}"#,
    ),
    (
        "helpscout.json",
        "json",
        r#"{"_embedded":{"conversations":[{"id":10,"number":12,"threads":2,"type":"email","folderId":11,"status":"closed","state":"published","subject":"DNI 12345678Z","preview":"x","mailboxId":13,"assignee":{"id":1,"first":"Ada","last":"Garrote","email":"ada@example.com"},"createdBy":{"id":12,"type":"customer","email":"ona@example.com"},"createdAt":"2012-03-15T22:46:22Z","closedBy":14,"closedAt":"2012-03-16T14:07:23Z","userUpdatedAt":"2012-07-24T20:18:33Z","tags":[{"id":1,"color":"blue","tag":"vip"}],"cc":[],"bcc":[],"primaryCustomer":{"id":256,"type":"customer","first":"Ona","email":"ona@example.com"},"customFields":[]}]},"_links":{"self":{"href":"x"}},"page":{"size":25,"totalElements":1,"totalPages":1,"number":1}}"#,
    ),
    (
        "zammad.json",
        "json",
        r#"[{"id":1,"group_id":1,"priority_id":2,"state_id":4,"organization_id":null,"number":"67001","title":"DNI 12345678Z","owner_id":3,"customer_id":2,"note":null,"first_response_at":null,"close_at":"2016-01-01T10:00:00.000Z","last_contact_at":"2016-01-01T09:00:00.000Z","article_count":2,"preferences":{},"created_at":"2015-12-31T10:00:00.000Z","updated_at":"2016-01-01T10:00:00.000Z"}]"#,
    ),
    (
        "zammad.psql",
        "sql",
        "--\n-- PostgreSQL database dump\n--\nSET standard_conforming_strings = on;\nCOPY public.ticket_articles (id, ticket_id, type_id, sender_id, \"from\", \"to\", cc, subject, content_type, body, internal) FROM stdin;\n1\t1\t1\t2\tOna <ona@example.com>\tsoporte@example.org\t\\N\tAlta\ttext/plain\tMi DNI es 12345678Z\tf\n\\.\nCOPY public.tickets (id, group_id, priority_id, state_id, number, title, owner_id, customer_id, close_at, created_at, updated_at) FROM stdin;\n1\t1\t2\t4\t67001\tAlta\t3\t2\t2016-01-01 10:00:00\t2015-12-31 10:00:00\t2016-01-01 10:00:00\n\\.\n",
    ),
    (
        "glpi.sql",
        "sql",
        "-- MySQL dump\nCREATE TABLE `glpi_tickets` (\n  `id` int,\n  `name` varchar(255),\n  `date` timestamp,\n  `closedate` timestamp,\n  `status` int,\n  `content` longtext,\n  `is_deleted` tinyint\n);\nINSERT INTO `glpi_tickets` VALUES (1,'Alta','2015-01-01 10:00:00','2015-02-01 10:00:00',6,'&lt;p&gt;Mi DNI es 12345678Z&lt;/p&gt;',0);\n",
    ),
    (
        "osticket.sql",
        "sql",
        "-- MySQL dump\nCREATE TABLE `ost_thread_entry` (\n  `id` int,\n  `pid` int,\n  `thread_id` int,\n  `staff_id` int,\n  `user_id` int,\n  `type` char(1),\n  `poster` varchar(128),\n  `title` varchar(255),\n  `body` text,\n  `format` varchar(16),\n  `ip_address` varchar(64)\n);\nINSERT INTO `ost_thread_entry` VALUES (1,0,1,0,2,'M','Ona','Alta','Mi DNI es 12345678Z','text','198.51.100.7');\n",
    ),
    (
        "rt.sql",
        "sql",
        "-- MySQL dump\nCREATE TABLE `Tickets` (\n  `id` int,\n  `EffectiveId` int,\n  `Queue` int,\n  `Type` varchar(16),\n  `Owner` int,\n  `Subject` varchar(200),\n  `Status` varchar(64),\n  `Resolved` datetime,\n  `Created` datetime\n);\nINSERT INTO `Tickets` VALUES (1,1,1,'ticket',6,'DNI 12345678Z','resolved','2015-02-01 10:00:00','2015-01-01 10:00:00');\n",
    ),
    (
        "redmine.json",
        "json",
        r#"{"issues":[{"id":4326,"project":{"name":"Soporte","id":1},"tracker":{"name":"Feature","id":2},"status":{"name":"Closed","id":5},"priority":{"name":"Normal","id":4},"author":{"name":"Ona Puigdevall","id":10106},"subject":"Alta","description":"Mi DNI es 12345678Z","start_date":"2015-12-03","done_ratio":0,"created_on":"2015-12-03T15:02:12Z","updated_on":"2016-01-03T12:08:41Z","closed_on":"2016-01-03T12:08:41Z"}],"total_count":1,"limit":25,"offset":0}"#,
    ),
    (
        "redmine.xml",
        "xml",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><issues type=\"array\" total_count=\"1\" limit=\"25\" offset=\"0\"><issue><id>4325</id><project name=\"Soporte\" id=\"1\"/><status name=\"Closed\" id=\"5\"/><author name=\"Ona\" id=\"1\"/><subject>Alta</subject><description>Mi DNI es 12345678Z</description><created_on>2015-12-03T15:02:12Z</created_on></issue></issues>",
    ),
    (
        "freescout.sql",
        "sql",
        "-- MySQL dump\nCREATE TABLE `threads` (\n  `id` int,\n  `conversation_id` int,\n  `user_id` int,\n  `type` tinyint,\n  `status` tinyint,\n  `state` tinyint,\n  `body` longtext,\n  `headers` text,\n  `from` varchar(191),\n  `to` text\n);\nINSERT INTO `threads` VALUES (1,1,NULL,1,1,2,'Mi DNI es 12345678Z','','ona@example.com','[\\\"soporte@example.org\\\"]');\n",
    ),
    (
        "discourse.sql",
        "sql",
        "--\n-- PostgreSQL database dump\n--\nSET standard_conforming_strings = on;\nCOPY public.posts (id, user_id, topic_id, post_number, raw, cooked, created_at, updated_at) FROM stdin;\n1\t5\t9\t1\tMi DNI es 12345678Z\t<p>x</p>\t2015-01-01 10:00:00\t2015-01-01 10:00:00\n\\.\n",
    ),
    (
        "teams-messages.json",
        "json",
        r#"{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#chats","value":[{"id":"1616990032035","replyToId":null,"etag":"1616990032035","messageType":"message","createdDateTime":"2021-03-29T03:53:52.035Z","lastModifiedDateTime":"2021-03-29T03:53:52.035Z","deletedDateTime":null,"subject":null,"importance":"normal","locale":"es-es","from":{"application":null,"device":null,"user":{"id":"8ea0e38b","displayName":"Ona Puigdevall","userIdentityType":"aadUser"}},"body":{"contentType":"html","content":"<div>Mi DNI es 12345678Z</div>"},"attachments":[],"mentions":[],"reactions":[]}]}"#,
    ),
    (
        "kayako.json",
        "json",
        r#"{"status":200,"data":[{"id":1,"uuid":"d1","legacy_id":null,"subject":"DNI 12345678Z","portal":"API","source_channel":null,"requester":{"id":2,"resource_type":"user"},"creator":{"id":2,"resource_type":"user"},"identity":{"id":1,"resource_type":"identity_email"},"assigned_agent":null,"status":{"id":1,"resource_type":"case_status"},"created_at":"2015-07-30T06:45:25+05:00","updated_at":"2015-07-30T06:45:25+05:00","resource_type":"case"}],"resource":"case","offset":0,"limit":10,"total_count":1}"#,
    ),
    (
        "hubspot-tickets.csv",
        "csv",
        "Ticket ID,Ticket name,Pipeline,Ticket status,Create date,Priority,Source,Ticket owner,Ticket description\n1,Alta,Support Pipeline,Closed,2015-01-01 10:00,High,Email,Ada,Mi DNI es 12345678Z\n",
    ),
];

#[test]
fn they_are_nobodys_and_what_is_in_them_is_found() {
    for (name, format, text) in EXPORTS {
        assert!(text.contains(DNI));
        let home = folder();
        put(home.path(), &format!("archive/{name}"), text);
        private(&home.path().join("archive"));
        let run = run(home.path(), &["scan", "archive", "--format", "jsonl", "--as-of", "2026-11-22"]);
        let systems: Vec<String> = run.summary()["systems"]
            .as_array()
            .unwrap()
            .iter()
            .map(|system| system["system"].as_str().unwrap().to_owned())
            .filter(|system| system != "file")
            .collect();
        assert_eq!(systems, [format], "{name}");
        let found = run.of_type("detection").into_iter().filter(|line| line["category"] == "es-dni");
        assert_eq!(found.count(), 1, "{name}");
        assert!(run.gap_codes().is_empty(), "{name}: {:?}", run.gap_codes());
    }
}
