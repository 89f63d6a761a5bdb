package projectdata

import "testing"

func TestTry(t *testing.T) {
	s := served(t, record(t))
	for _, a := range []string{"/ProjectData", "/ProjectData/Projects?$top=1", "/ProjectData/Tasks?$top=2&$expand=Project&$select=TaskName,Project/ProjectName", "/ProjectData/Assignments?$top=1&$inlinecount=allpages", "/ProjectData/ResourceTimephasedDataSet?$top=2&$filter=TimeByDay%20ge%20datetime'2022-04-01T00:00:00'", "/ProjectData/Projects/$count", "/ProjectData/Projects?$filter=ProjectType%20ne%207%20and%20ProjectId%20eq%20guid'x'"} {
		for _, accept := range []string{"", wantsVerbose, wantsLight} {
			r := get(t, s, admin, a, "Accept", accept)
			t.Logf("%s %s\n%d %v\n%.1500s", a, accept, r.status, r.header, r.body)
		}
	}
}
